package rotation

// Token is what the model knows of a refresh token. Times are whole steps of a clock; how long a step is, the [Rule]'s numbers say.
type Token struct {
	ID     int16 // its own name, in order of issue; the first is 0
	Parent int16 // the token that was confirmed when this one was issued; [None] for the first
	Born   int16
}

// None is the name of no token.
const None int16 = -1

// Session is what the model knows of a session's row.
type Session struct {
	Issued      int16 // how many tokens were issued: the name of the next one. The real row does not have it; ids are random there
	Parent      int16 // the token that was confirmed last
	Previous    int16 // the one confirmed before it, or None
	ConfirmedAt int16
	Generation  int16 // how many tokens were confirmed after the first
	Ended       bool
}

// Answer is what a client is told.
type Answer uint8

// The answers.
const (
	Served      Answer = 1 + iota // here is your next token
	Kept                          // all is well, and you keep the token that you have
	Invalid                       // not this one; nothing else changes
	Superseded                    // not this one, it was overtaken on its way; look into the jar again
	Compromised                   // two holders: the session has been ended
	Ended                         // the session was over before
)

// String names the answer.
func (a Answer) String() string {
	switch a {
	case Served:
		return "served"
	case Kept:
		return "kept"
	case Invalid:
		return "invalid"
	case Superseded:
		return "superseded"
	case Compromised:
		return "compromised"
	case Ended:
		return "ended"
	default:
		return "none"
	}
}

// good reports whether the client may go on.
func (a Answer) good() bool { return a == Served || a == Kept }

// Protocol is a rule of rotation: what becomes of a session, and what the client gets, when a token is presented.
type Protocol interface {
	Present(s Session, t Token, now int16) (Session, Answer, Token)
}

// Open is a new session with its first token. The session's parent is that token, so the first refresh is a retry of a sign-in.
func Open(now int16) (Session, Token) {
	return Session{Issued: 1, Previous: None, ConfirmedAt: now}, Token{Parent: None, Born: now}
}

// Rule is "confirm on use, with a minimum age": what auth.Service.Refresh does. Its numbers are in steps of the clock.
//
// Rule{} confirms at once and tolerates nothing, Rule{MinAge: 1} has the minimum age only; both are here because the explorer shows what the numbers are for.
type Rule struct {
	MinAge     int16 // M: how old a token must be before its use confirms it
	Superseded int16 // T: how long after a confirmation its losers are refused without alarm
	// Siblings answers a token that is too young with a new one for the same parent. The built rule does not: see [Rule.young].
	Siblings bool
}

// Built is the rule as it ships, on a clock whose step is the minimum age: M is 30 s, T is 5 min.
func Built() Rule { return Rule{MinAge: 1, Superseded: 10} }

// Present is the rule.
func (r Rule) Present(s Session, t Token, now int16) (Session, Answer, Token) {
	switch {
	case s.Ended:
		return s, Ended, Token{}
	case t.ID == s.Parent: // a retry, a second tab, a jar that fell back: a child, and nothing is written
	case t.Parent == s.Parent && now-t.Born < r.MinAge: // too young to confirm: it is kept, and nothing is written
		return r.young(s, t, now)
	case t.Parent == s.Parent:
		s.Previous, s.Parent, s.ConfirmedAt = s.Parent, t.ID, now
		s.Generation++
	case s.Previous != None && (s.Previous == t.ID || s.Previous == t.Parent) && now-s.ConfirmedAt < r.Superseded:
		return s, Superseded, Token{}
	default:
		s.Ended = true
		return s, Compromised, Token{}
	}
	return s.issue(s.Parent, now)
}

// young answers a token that is too young to be confirmed. A sibling would be as good as the token itself, but there would be two of them, of which
// only one can win: if two tabs straddle the minimum age, the answer to the first brings a sibling, the request of the second confirms the
// token, and if the first answer comes last, the jar holds the loser.
func (r Rule) young(s Session, t Token, now int16) (Session, Answer, Token) {
	if r.Siblings {
		return s.issue(s.Parent, now)
	}
	return s, Kept, t
}

// issue hands out the next token.
func (s Session) issue(parent, now int16) (Session, Answer, Token) {
	next := Token{ID: s.Issued, Parent: parent, Born: now}
	s.Issued++
	return s, Served, next
}
