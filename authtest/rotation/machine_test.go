package rotation_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest/rotation"
)

// step is the model's unit of time.
const step = 3 * time.Second

// The model's numbers, in steps. A client gives up after 10 s, so that what is answered took less (three exchanges one after the other must end before
// the first one's token is M old), and a browser writes its cookies down within 5 s.
const (
	mostInFlight       = 3
	exchange     int16 = 3
	flush        int16 = 2
	idle               = 30 * time.Minute
	absolute           = 3 * time.Hour
)

var builtRule = rotation.Rule{MinAge: int16(minAge / step), Superseded: int16(superseded / step)}

// shortSessions makes sessions run out while a test looks.
func shortSessions(c *auth.Config) {
	c.Policy = auth.DefaultPolicy()
	c.Policy.SessionIdle, c.Policy.SessionIdleShort, c.Policy.SessionAbsolute = idle, idle, absolute
}

// TestHandlerFollowsModel lets anything happen to a session, in any order and at any time, and holds every answer and the row to the model.
func TestHandlerFollowsModel(t *testing.T) {
	eachStore(t, func(c *cluster) {
		rapid.Check(c.t, func(rt *rapid.T) {
			m := newMachine(rt, c)
			rt.Repeat(map[string]func(*rapid.T){"step": m.anything, "": m.check})
		})
	}, shortSessions)
}

// TestI3NoHonestSignOut lets everything happen that happens to honest people: tabs, losses, repeats, reordering, crashes, restarts and changes of keys, on
// two servers, with exchanges of less than 10 s. Every request is served.
func TestI3NoHonestSignOut(t *testing.T) {
	eachStore(t, func(c *cluster) {
		rapid.Check(c.t, func(rt *rapid.T) {
			m := newMachine(rt, c)
			m.honest = true
			rt.Repeat(map[string]func(*rapid.T){"step": m.honestly, "": m.check})
		})
	}, shortSessions)
}

// machine is one session of the real service beside one of the model.
type machine struct {
	*cluster
	honest  bool
	model   rotation.Session
	ended   string // the code with which the holder of a genuine token is refused, once the session is over
	began   time.Time
	issued  []issued // by the model's names
	jar     int16
	flushed int16 // what the jar falls back to in a crash
	jarAt   int16 // when the jar was written
	wire    []flight
	loot    []int16
	row     auth.Session // as it was seen last
}

// issued is a token as the model and as the client know it.
type issued struct {
	rotation.Token
	held    held
	expires time.Time
}

// flight is a message on its way: a request, or the answer to it.
type flight struct {
	token    int16
	by       carrier
	sentAt   int16
	answered rotation.Answer // zero: it is still a request
	deaf     bool            // nobody waits for the answer any more
}

func newMachine(rt *rapid.T, c *cluster) *machine {
	m := &machine{cluster: c}
	m.signInAgain(rt)
	return m
}

func (m *machine) now() int16 { return int16(m.clock.Now().Sub(m.began) / step) }

// signInAgain starts over with a new session.
func (m *machine) signInAgain(*rapid.T) {
	h := m.signIn()
	model, first := rotation.Open(0)
	*m = machine{cluster: m.cluster, honest: m.honest, model: model, began: m.clock.Now(), row: m.cluster.row(h.refresh)}
	m.issued = []issued{{first, h, m.row.IdleExpiresAt}}
}

// do draws one of the actions and does it. What is listed twice is twice as likely; rapid likes the front of short lists a little more.
func (m *machine) do(rt *rapid.T, actions []string) {
	all := map[string]func(*rapid.T){
		"move a message": m.move, "send": m.send, "wait": m.wait, "lose a message": m.lose, "repeat a request": m.repeat, "crash": m.crash, "steal": m.steal,
		"thief": m.thief, "restart": m.restartOne, "new master key": m.newMaster, "new signing key": m.newSigningKey, "log out": m.logOut, "sign in": m.signInAgain,
		"the store fails": m.storeFails, "the store's answer is lost": m.storeIsCutOff,
	}
	all[rapid.SampledFrom(actions).Draw(rt, "action")](rt)
}

// common are the actions that are possible at any time. Rarely it is another one.
func (m *machine) common(rt *rapid.T, rare []string) {
	var list []string
	if len(m.wire) > 0 {
		list = append(list, "move a message", "move a message", "move a message", "move a message")
		rare = append(rare, "lose a message", "repeat a request", "the store fails", "the store's answer is lost")
	}
	if len(m.wire) < mostInFlight {
		list = append(list, "send", "send")
	}
	if !m.honest || m.patience() > 0 {
		list = append(list, "wait", "wait")
	}
	if len(m.loot) > 0 {
		list = append(list, "thief")
	}
	if rapid.IntRange(0, 7).Draw(rt, "rare") == 5 {
		list = append(rare, "restart", "new master key", "new signing key")
	}
	m.do(rt, list)
}

// anything is one step of whatever can happen.
func (m *machine) anything(rt *rapid.T) {
	var rare []string
	switch {
	case m.ended != "" && rapid.Bool().Draw(rt, "give up"):
		m.signInAgain(rt)
		return
	case len(m.loot) == 0:
		rare = append(rare, "steal", "steal")
	}
	if m.jar != m.flushed {
		rare = append(rare, "crash")
	}
	m.common(rt, append(rare, "log out"))
}

// honestly is one step of what happens to honest people.
func (m *machine) honestly(rt *rapid.T) {
	var rare []string
	if m.jar != m.flushed && m.now()-m.jarAt <= flush {
		rare = append(rare, "crash", "crash")
	}
	m.common(rt, rare)
}

func carriers() *rapid.Generator[carrier] { return rapid.SampledFrom([]carrier{byCookie, byBody}) }

// send is a tab that reads the jar and refreshes.
func (m *machine) send(rt *rapid.T) {
	m.wire = append(m.wire, flight{token: m.jar, by: carriers().Draw(rt, "carrier"), sentAt: m.now()})
}

func (m *machine) pick(rt *rapid.T) int { return rapid.IntRange(0, len(m.wire)-1).Draw(rt, "message") }

// move brings a request to a server, or an answer to the jar.
func (m *machine) move(rt *rapid.T) {
	i := m.pick(rt)
	f := m.wire[i]
	if f.answered == 0 {
		f.answered, f.token = m.present(rt, f.by, f.token)
		m.wire[i] = f
		if f.deaf || (f.answered != rotation.Served && f.answered != rotation.Kept) {
			m.wire = slices.Delete(m.wire, i, i+1)
		}
		return
	}
	m.wire = slices.Delete(m.wire, i, i+1)
	if f.answered == rotation.Served {
		m.jar, m.flushed, m.jarAt = f.token, m.jar, m.now()
	}
}

// lose drops a message.
func (m *machine) lose(rt *rapid.T) {
	i := m.pick(rt)
	m.wire = slices.Delete(m.wire, i, i+1)
}

// repeat is a proxy that sends a request a second time and drops the first answer.
func (m *machine) repeat(rt *rapid.T) {
	if f := m.wire[m.pick(rt)]; f.answered == 0 {
		m.present(rt, f.by, f.token)
	}
}

// storeFails is a request that meets a store which does nothing: 503, and the client gives up.
func (m *machine) storeFails(rt *rapid.T) { m.meetFault(rt, m.faults.FailNext, false) }

// storeIsCutOff is a request whose change is stored, but the server does not learn of it: 503, and the client gives up.
func (m *machine) storeIsCutOff(rt *rapid.T) { m.meetFault(rt, m.faults.LoseNext, true) }

func (m *machine) meetFault(rt *rapid.T, plan func(method string), stored bool) {
	i := m.pick(rt)
	f := m.wire[i]
	presented := m.issued[f.token]
	if f.answered != 0 || !m.clock.Now().Before(presented.expires) { // an expired token never meets the store
		return
	}
	plan("ConfirmSession")
	a := m.nodes[m.node(rt)].refresh(f.by, presented.held)
	m.wantRefusal(rt, "refresh while the store fails", a, http.StatusServiceUnavailable, "unavailable")
	m.wire = slices.Delete(m.wire, i, i+1)
	if after, _, _ := builtRule.Present(m.model, presented.Token, m.now()); stored && after.Generation > m.model.Generation {
		after.Issued = m.model.Issued // the token was confirmed, and its child never made
		m.model = after
	}
}

// crash takes the newest cookie from the jar, and nobody waits for answers any more.
func (m *machine) crash(*rapid.T) {
	m.jar = m.flushed
	m.wire = slices.DeleteFunc(m.wire, func(f flight) bool { return f.answered != 0 })
	for i := range m.wire {
		m.wire[i].deaf = true
	}
}

// steal copies what is in the jar.
func (m *machine) steal(*rapid.T) { m.loot = append(m.loot, m.jar) }

// thief presents one of the copies, or of what he got for them.
func (m *machine) thief(rt *rapid.T) {
	told, token := m.present(rt, carriers().Draw(rt, "carrier"), rapid.SampledFrom(m.loot).Draw(rt, "loot"))
	if told == rotation.Served {
		m.loot = append(m.loot, token)
	}
}

// patience is how many steps may pass while honest messages are on their way.
func (m *machine) patience() int16 {
	most := int16(idle/step) - 1
	for _, f := range m.wire {
		most = min(most, exchange-(m.now()-f.sentAt))
	}
	return most
}

// wait moves the clock: by a little, to M or T and just beyond, or until the session has run out.
func (m *machine) wait(rt *rapid.T) {
	M, T, end := builtRule.MinAge, builtRule.Superseded, int16(idle/step)
	steps := []int16{1, 1, 1, 1, 2, 2, 2, 3, 3, M - 2, M - 1, M - 1, M, M, M, M + 1, M + 1, 2 * M, T - M, T - 1, T, T + M, end - 1}
	if !m.honest {
		steps = append(steps, end)
	}
	if m.honest {
		most := m.patience()
		steps = slices.DeleteFunc(steps, func(n int16) bool { return n > most })
	}
	m.clock.Advance(time.Duration(rapid.SampledFrom(steps).Draw(rt, "steps")) * step)
	if m.now() > 20_000 || (m.honest && m.now() > int16((absolute-idle)/step)) {
		m.signInAgain(rt)
	}
}

func (m *machine) restartOne(rt *rapid.T) { m.restart(m.node(rt)) }

func (m *machine) newMaster(*rapid.T) { m.rotateMaster() }

func (m *machine) newSigningKey(rt *rapid.T) {
	if err := m.nodes[m.node(rt)].svc.RotateKeys(m.t.Context(), true); err != nil {
		rt.Fatalf("RotateKeys: %v", err)
	}
}

func (m *machine) node(rt *rapid.T) int { return rapid.IntRange(0, len(m.nodes)-1).Draw(rt, "server") }

// logOut ends the session with any token that it ever had.
func (m *machine) logOut(rt *rapid.T) {
	token := rapid.SampledFrom(m.issued).Draw(rt, "token")
	if a := m.nodes[m.node(rt)].logout(token.held); a.status != http.StatusNoContent {
		rt.Fatalf("logout with token %d: got %v, want 204", token.ID, a)
	}
	if m.ended == "" {
		m.model.Ended, m.ended = true, "session_ended"
	}
}
