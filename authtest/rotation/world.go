package rotation

import "fmt"

// maxTabs and maxStolen bound the arrays of a world, so that worlds can be compared and used as keys.
const (
	maxTabs   = 2
	maxStolen = 6
)

// Bounds says how much can happen. The zero value of a field means none of it; Tabs, Sends and Windows have to be given.
type Bounds struct {
	Tabs    int8 // how many tabs share the cookie jar; at most 2
	Sends   int8 // how often tabs refresh, together
	Windows int8 // how far the clock goes. One window is one step, and longer than any message takes unless Stuck says otherwise
	Losses  int8 // requests and answers that are lost
	Crashes int8 // how often the browser forgets what it has not flushed: it flushes once a window
	Stuck   int8 // how many windows a message may outlive on its way
	Aborts  bool // the client gives up waiting within a window: a request that is stuck longer still arrives, but nobody takes its answer
	// Pace is how many windows old the jar's token is at least when a tab sends it, as with a front end that refreshes when its access token is over.
	// Zero: it may be sent at once, as with a page that is loaded again.
	Pace int8
	// Theft lets a thief copy the jar once and refresh so often. Zero: no theft.
	Theft int8
	// Blind thieves do not see when the owner refreshes, so they never act in the same window after him, nor he after them.
	Blind bool
}

// message is what a tab has on the wire.
type message struct {
	kind  messageKind
	token Token
	told  Answer // of an answer: whether its token is a new one
	since int8
}

type messageKind uint8

const (
	nothing   messageKind = iota
	request               // carries the token that is presented
	abandoned             // a request whose client has given up
	answer                // carries the token that was issued
)

// party is who acted.
type party uint8

const (
	nobody party = iota
	owner
	thief
)

// World is one moment of the explored system. Worlds compare with ==.
type World struct {
	session Session
	jar     Token
	flushed Token // what the jar falls back to in a crash
	wire    [maxTabs]message
	now     int8

	sends, losses, crashes int8
	lastSend               int8 // the window of the last send
	last                   party
	lastAt                 int8 // the window in which the last party acted

	stolen    bool
	loot      [maxStolen]Token // what the thief holds, sorted by id
	lootCount int8
	thefts    int8 // how often the thief refreshed

	// A round is: the owner is served, and in a later window than the last round's, the thief is.
	rounds     int8
	roundAt    int8
	lastServed party

	refused Answer // what the owner was refused with; a world with it is the last of its trace
}

func start(p Bounds) World {
	session, token := Open(0)
	token.Born = -1 - int16(p.Pace) // the sign-in is long ago
	return World{session: session, jar: token, flushed: token, lastSend: -1, roundAt: -1}
}

// Goal is something to look for.
type Goal func(p Protocol, w World) bool

// SignedOut is an owner who has to sign in again.
func SignedOut(_ Protocol, w World) bool { return w.refused != 0 }

// JarRefused is a jar whose token would not be served if a tab sent it now, whether or not that would sign the owner out.
func JarRefused(p Protocol, w World) bool {
	_, a, _ := p.Present(w.session, w.jar, int16(w.now))
	return !a.good()
}

// Coexist is an owner and a thief who were both served, in turn, for so many rounds without the session's end.
func Coexist(rounds int8) Goal {
	return func(_ Protocol, w World) bool { return w.rounds >= rounds && w.refused == 0 }
}

// ThiefLeft is an owner who is signed out while the thief holds a token that is served.
func ThiefLeft(p Protocol, w World) bool {
	if w.refused == 0 || !w.stolen {
		return false
	}
	for _, t := range w.loot[:w.lootCount] {
		if _, a, _ := p.Present(w.session, t, int16(w.now)); a.good() {
			return true
		}
	}
	return false
}

// Action is one step of a trace.
type Action struct {
	Kind  ActionKind
	Tab   int8 // which tab, from 1
	Token int16
	Next  int16 // the token that was issued
	Told  Answer
}

// ActionKind says what happened.
type ActionKind uint8

// The actions.
const (
	Send ActionKind = iota
	Arrive
	LoseRequest
	Deliver
	LoseAnswer
	Crash
	Steal
	ThiefRefreshes
	NextWindow
)

// String tells the step in words.
func (a Action) String() string {
	told := fmt.Sprintf("%d is %v", a.Token, a.Told)
	if a.Told == Served {
		told = fmt.Sprintf("%d buys %d", a.Token, a.Next)
	}
	switch a.Kind {
	case Send:
		return fmt.Sprintf("tab %d sends %d", a.Tab, a.Token)
	case Arrive:
		return fmt.Sprintf("server, tab %d: %s", a.Tab, told)
	case LoseRequest:
		return fmt.Sprintf("tab %d: request with %d lost", a.Tab, a.Token)
	case Deliver:
		if a.Told == Kept {
			return fmt.Sprintf("tab %d: answer, the jar keeps what it has", a.Tab)
		}
		return fmt.Sprintf("tab %d: jar holds %d", a.Tab, a.Token)
	case LoseAnswer:
		return fmt.Sprintf("tab %d: answer with %d lost", a.Tab, a.Token)
	case Crash:
		return fmt.Sprintf("crash: jar holds %d again", a.Token)
	case Steal:
		return fmt.Sprintf("thief copies %d", a.Token)
	case ThiefRefreshes:
		return "server, thief: " + told
	case NextWindow:
		return "a window passes"
	default:
		return "nothing"
	}
}
