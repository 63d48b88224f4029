package rotation_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// TestSequentialReplay lets a thief present a token that was spent generations ago. He gets nothing, the session ends for both, the person's other
// device goes on, and the audit trail says what happened. In the first minutes after a confirmation the same is refused without harm.
func TestSequentialReplay(t *testing.T) {
	eachStore(t, func(c *cluster) {
		name := c.register()
		other := c.signInAs(name)
		stolen := c.signInAs(name)
		owner := c.confirmed(c.refresh(c.nodes[0], stolen))
		wantRefused(c.t, "a replay at once", c.nodes[0].refresh(byBody, stolen), http.StatusConflict, "refresh_superseded")
		owner = c.confirmed(owner)
		wantRefused(c.t, "a replay two tokens later", c.nodes[0].refresh(byBody, stolen), http.StatusUnauthorized, "session_compromised")
		a := c.nodes[0].refresh(byCookie, owner)
		wantRefused(c.t, "the owner after that", a, http.StatusUnauthorized, "session_compromised")
		if !a.cleared() {
			c.t.Errorf("the owner's answer: got cookies %v, want the refresh cookie to be taken back", a.cookies)
		}
		c.refresh(c.nodes[0], other)
		if n := c.count(stolen, auth.EventSessionCompromised); n != 1 {
			c.t.Errorf("events: got %d of kind %s, want 1", n, auth.EventSessionCompromised)
		}
	})
}

// TestParallelReplay sends one token fifty times at once to two servers, again and again. Everybody is served. Then everybody goes on at once: one
// branch is confirmed, and a token of any other one ends the session when the time of stragglers is over.
func TestParallelReplay(t *testing.T) {
	const rounds, copies = 20, 50
	eachStore(t, func(c *cluster) {
		name := c.register()
		for range rounds {
			stolen := c.signInAs(name)
			branches := c.inParallel(copies, func(n *node, _ int) reply { return n.refresh(byBody, stolen) })
			for _, a := range branches {
				wantServed(c.t, "one of many at once", a)
			}
			c.clock.Advance(minAge)
			winner := onlyWinner(c.t, c.inParallel(copies, func(n *node, i int) reply { return n.refresh(byBody, branches[i].held) }))
			c.clock.Advance(superseded)
			loser, won := branches[(winner+1)%copies].held, branches[winner].held
			wantServed(c.t, "the branch that won", c.nodes[0].refresh(byBody, won))
			wantRefused(c.t, "a branch that lost, later", c.nodes[1].refresh(byBody, loser), http.StatusUnauthorized, "session_compromised")
			wantRefused(c.t, "the branch that won, after that", c.nodes[0].refresh(byBody, won), http.StatusUnauthorized, "session_compromised")
		}
	})
}

// TestRetryAfterLogout presents the parent of a session that was signed out: 401, no alarm, and nothing is written.
func TestRetryAfterLogout(t *testing.T) {
	eachStore(t, func(c *cluster) {
		parent := c.refresh(c.nodes[0], c.signIn())
		next := c.confirmed(parent)
		c.nodes[0].logout(next)
		before := c.row(parent.refresh)
		events := c.events(parent)
		c.clock.Advance(superseded + minAge)
		for _, h := range []held{parent, next} {
			wantRefused(c.t, "a token of a session that was signed out", c.nodes[1].refresh(byBody, h), http.StatusUnauthorized, "session_ended")
		}
		if diff := cmp.Diff(before, c.row(parent.refresh)); diff != "" {
			c.t.Errorf("row (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(events, c.events(parent)); diff != "" {
			c.t.Errorf("events (-before +after):\n%s", diff)
		}
	})
}

// TestReplayAfterRestart replays a spent token at a server that has just been started and remembers nothing.
func TestReplayAfterRestart(t *testing.T) {
	eachStore(t, func(c *cluster) {
		stolen := c.signIn()
		owner := c.confirmed(c.confirmed(c.refresh(c.nodes[0], stolen)))
		c.restart(0)
		c.restart(1)
		wantRefused(c.t, "a spent token", c.nodes[0].refresh(byBody, stolen), http.StatusUnauthorized, "session_compromised")
		wantRefused(c.t, "the owner", c.nodes[1].refresh(byBody, owner), http.StatusUnauthorized, "session_compromised")
	})
}

// TestRollBackBurnsNoToken lets the store fail before, after and instead of each step of a refresh. The client hears 503 and keeps what it has, and its token works later.
func TestRollBackBurnsNoToken(t *testing.T) {
	eachStore(t, func(c *cluster) {
		h := c.refresh(c.nodes[0], c.signIn())
		for _, test := range []struct {
			name string
			age  time.Duration
			plan func()
		}{
			{"nothing is stored", minAge, func() { c.faults.FailNext("ConfirmSession") }},
			{"stored, answer lost", minAge, func() { c.faults.LoseNext("ConfirmSession") }},
			{"the store is read-only", minAge, func() { c.faults.SetReadOnly(true) }},
			{"the session cannot be read", 0, func() { c.faults.FailNext("Session") }},
		} {
			c.clock.Advance(test.age)
			test.plan()
			a := c.nodes[0].refresh(byCookie, h)
			c.faults.SetReadOnly(false)
			wantRefused(c.t, test.name, a, http.StatusServiceUnavailable, "unavailable")
			if len(a.cookies) > 0 || a.header.Get("Retry-After") == "" {
				c.t.Errorf("%s: got cookies %v and Retry-After %q, want none and some", test.name, a.cookies, a.header.Get("Retry-After"))
			}
			h = c.refresh(c.nodes[1], h)
		}
		c.confirmed(h)
	})
}

// TestForkIsNotToldBeforeItIsStored lets the store fail while a session is being ended for a fork: nobody is told that it has ended, and the next presentation ends it.
func TestForkIsNotToldBeforeItIsStored(t *testing.T) {
	eachStore(t, func(c *cluster) {
		stolen := c.signIn()
		owner := c.confirmed(c.confirmed(c.refresh(c.nodes[0], stolen)))
		c.faults.FailNext("EndSession")
		wantRefused(c.t, "a fork that is not stored", c.nodes[0].refresh(byBody, stolen), http.StatusServiceUnavailable, "unavailable")
		if row := c.row(owner.refresh); !row.EndedAt.IsZero() {
			c.t.Errorf("row: got %+v, want it to live", row)
		}
		wantRefused(c.t, "the same again", c.nodes[0].refresh(byBody, stolen), http.StatusUnauthorized, "session_compromised")
	})
}

// TestCrossedUsers sends one person's refresh cookie with another one's access token. The answer is about the cookie's owner.
func TestCrossedUsers(t *testing.T) {
	eachStore(t, func(c *cluster) {
		mine, yours := c.signIn(), c.signIn()
		a := c.nodes[0].do(call{method: http.MethodPost, path: "/auth/refresh/", cookies: mine, bearer: yours.access})
		wantServed(c.t, "crossed refresh", a)
		if got, want := c.read(a.held.refresh).Subject, c.read(mine.refresh).Subject; got != want {
			c.t.Errorf("subject of the new token: got %s, want %s", got, want)
		}
		if got, want := c.nodes[0].me(a.held).body, c.nodes[0].me(mine).body; got != want {
			c.t.Errorf("users/me/ with the new token: got %s, want %s", got, want)
		}
		if row := c.row(yours.refresh); row.Generation != 0 || !row.EndedAt.IsZero() {
			c.t.Errorf("the other person's row: got %+v, want it untouched", row)
		}
	})
}

// TestReuseAfterLogout presents everything that a session has, at both servers, right after it was signed out.
func TestReuseAfterLogout(t *testing.T) {
	eachStore(t, func(c *cluster) {
		h := c.refresh(c.nodes[0], c.signIn())
		if a := c.nodes[0].logout(h); a.status != http.StatusNoContent {
			c.t.Fatalf("logout: got %v, want 204", a)
		}
		for i, n := range c.nodes {
			for _, by := range []carrier{byBody, byCookie} {
				wantRefused(c.t, "refresh token after logout", n.refresh(by, h), http.StatusUnauthorized, "session_ended")
			}
			if a := n.me(h); a.status != http.StatusUnauthorized {
				c.t.Errorf("access token after logout, at server %d: got %v, want 401", i, a)
			}
		}
	})
}

// TestLogoutWhenTheStoreFails must not say that somebody is signed out who is not: 503, and the cookies stay, so that it can be tried again.
func TestLogoutWhenTheStoreFails(t *testing.T) {
	eachStore(t, func(c *cluster) {
		h := c.signIn()
		c.faults.SetReadOnly(true)
		a := c.nodes[0].logout(h)
		wantRefused(c.t, "logout", a, http.StatusServiceUnavailable, "unavailable")
		if len(a.cookies) > 0 {
			c.t.Errorf("logout: got cookies %v, want none", a.cookies)
		}
		c.faults.SetReadOnly(false)
		c.refresh(c.nodes[0], h)
		if a := c.nodes[0].logout(h); a.status != http.StatusNoContent {
			c.t.Errorf("logout, again: got %v, want 204", a)
		}
	})
}

// TestPasswordChangeEndsOtherSessions changes the password on one device: the other one is out at once, with both tokens, and the one that proved the
// password goes on.
func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	eachStore(t, func(c *cluster) {
		name := c.register()
		mine, other := c.signInAs(name), c.signInAs(name)
		a := c.nodes[0].do(call{
			method: http.MethodPost, path: "/auth/users/set_password/", bearer: mine.access,
			body: fields("current_password", password, "new_password", "another horse altogether"),
		})
		if a.status != http.StatusNoContent {
			c.t.Fatalf("set_password: got %v, want 204", a)
		}
		for _, n := range c.nodes {
			wantRefused(c.t, "the other device", n.refresh(byBody, other), http.StatusUnauthorized, "session_ended")
			if a := n.me(other); a.status != http.StatusUnauthorized {
				c.t.Errorf("access token of the other device: got %v, want 401", a)
			}
		}
		c.refresh(c.nodes[1], mine)
		wantRefused(c.t, "sign-in with the old password", c.nodes[0].login(name), http.StatusUnauthorized, "bad_credentials")
	})
}

// TestDisabledUser is out at once: no access, no refresh, and a sign-in that is refused like a wrong password.
func TestDisabledUser(t *testing.T) {
	eachStore(t, func(c *cluster) {
		name := c.register()
		h := c.signInAs(name)
		if err := c.nodes[0].svc.Disable(c.t.Context(), auth.Client{}, c.row(h.refresh).UserID); err != nil {
			c.t.Fatalf("Disable: %v", err)
		}
		for i, n := range c.nodes {
			if a := n.me(h); a.status != http.StatusUnauthorized {
				c.t.Errorf("access token of a disabled user, at server %d: got %v, want 401", i, a)
			}
			wantRefused(c.t, "refresh token of a disabled user", n.refresh(byCookie, h), http.StatusUnauthorized, "user_inactive")
		}
		if diff := cmp.Diff(plain(c.nodes[0].login("nobody")), plain(c.nodes[0].login(name))); diff != "" {
			c.t.Errorf("sign-in of a disabled user differs from that of nobody:\n%s", diff)
		}
		if _, err := c.nodes[0].svc.Login(c.t.Context(), auth.Client{}, auth.Login{Identifier: name, Password: secret.NewText(password)}); err == nil {
			c.t.Error("Login of a disabled user: got no error")
		}
	})
}

// TestFixation plants the attacker's own cookies in the victim's browser before the victim signs in. Every value is changed by the sign-in, and the attacker's
// copies are worth nothing in the victim's session.
func TestFixation(t *testing.T) {
	eachStore(t, func(c *cluster) {
		attacker := c.refresh(c.nodes[0], c.signIn())
		name := c.register()
		a := c.nodes[0].do(call{method: http.MethodPost, path: "/auth/login/", body: fields("username", name, "password", password), cookies: attacker})
		wantServed(c.t, "login with planted cookies", a)
		victim := a.held
		if victim.refresh == attacker.refresh || victim.csrf == attacker.csrf || c.read(victim.refresh).SessionID == c.read(attacker.refresh).SessionID {
			c.t.Errorf("after the sign-in: got %+v, want nothing of %+v", victim, attacker)
		}
		crossed := held{refresh: victim.refresh, csrf: attacker.csrf}
		wantRefused(c.t, "the victim's session with the attacker's CSRF token", c.nodes[0].refresh(byCookie, crossed), http.StatusForbidden, "csrf_failed")
		c.clock.Advance(time.Minute)
		next := c.refresh(c.nodes[0], attacker)
		if got, victims := c.nodes[0].me(next).body, c.nodes[0].me(victim).body; got == victims {
			c.t.Errorf("users/me/ of the attacker: got the victim, %s", got)
		}
	})
}
