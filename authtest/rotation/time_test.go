package rotation_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// TestI13Time sets the database's clock back by just less than the minimum age, after a confirmation and after an issue: nothing is taken for a
// fork, and when the clock has caught up, everything goes on.
func TestI13Time(t *testing.T) {
	eachStore(t, func(c *cluster) {
		parent := c.refresh(c.nodes[0], c.signIn())
		sibling := c.refresh(c.nodes[0], c.signIn()) // of another session, to be confirmed while the clock is back
		child := c.confirmed(parent)
		c.clock.Advance(-minAge + time.Millisecond)
		for what, h := range map[string]held{"the parent": parent, "a child from the future": child, "a child of another session": sibling} {
			for _, n := range c.nodes {
				if a := n.refresh(byBody, h); a.status != http.StatusOK {
					c.t.Errorf("%s while the clock is back: got %v, want 200", what, a)
				}
			}
		}
		c.clock.Advance(minAge)
		next := c.confirmed(child)
		c.clock.Advance(-minAge + time.Millisecond)
		wantRefused(c.t, "a superseded token while the clock is back", c.nodes[1].refresh(byBody, parent), http.StatusConflict, "refresh_superseded")
		c.clock.Advance(minAge)
		c.confirmed(next)
	})
}

// TestNodesNeedNotAgreeOnTheTime gives no server a clock of its own: they take the database's, as the product does, and a session moves between them.
func TestNodesNeedNotAgreeOnTheTime(t *testing.T) {
	eachStore(t, func(c *cluster) {
		h := c.refresh(c.nodes[0], c.signIn())
		h = c.refresh(c.nodes[1], h)
		c.refresh(c.nodes[0], h)
		if got := c.nodes[0].svc.Now().Sub(c.nodes[1].svc.Now()).Abs(); got > time.Minute {
			c.t.Errorf("clocks of two servers: got %s apart", got)
		}
	}, func(config *auth.Config) {
		config.Now = nil
		config.Policy = auth.DefaultPolicy()
		config.Policy.RefreshMinAge = 0
	})
}

// TestI15IdempotentLogout ends sessions with each kind of token that they ever had. Each answers 204 as often as it is asked, and one end is recorded.
func TestI15IdempotentLogout(t *testing.T) {
	eachStore(t, func(c *cluster) {
		for name, token := range map[string]func() held{
			"the first token": c.signIn,
			"a live child":    func() held { return c.refresh(c.nodes[0], c.signIn()) },
			"a sibling that lost": func() held {
				first := c.signIn()
				lost := c.refresh(c.nodes[0], first)
				c.confirmed(c.refresh(c.nodes[0], first))
				return lost
			},
			"a spent parent": func() held {
				spent := c.signIn()
				next := c.confirmed(c.refresh(c.nodes[0], spent))
				c.confirmed(next)
				return spent
			},
		} {
			h := token()
			for i := range 3 {
				if a := c.nodes[i%2].logout(h); a.status != http.StatusNoContent || !a.cleared() {
					c.t.Errorf("%s: logout %d: got %v with cookies %v, want 204 and no refresh cookie", name, i+1, a, a.cookies)
				}
			}
			if row := c.row(h.refresh); row.EndReason != auth.EndedByLogout {
				c.t.Errorf("%s: end reason: got %q, want %q", name, row.EndReason, auth.EndedByLogout)
			}
			wantRefused(c.t, name+" after logout", c.nodes[0].refresh(byBody, h), http.StatusUnauthorized, "session_ended")
			if n := c.count(h, auth.EventSessionEnded); n != 1 {
				c.t.Errorf("%s: events of the end: got %d, want 1", name, n)
			}
		}
	})
}

// TestI15LogoutWithAnExpiredToken signs out a session whose tokens have run out: there is nothing to end, and the answer is the same.
func TestI15LogoutWithAnExpiredToken(t *testing.T) {
	eachStore(t, func(c *cluster) {
		h := c.signIn()
		c.clock.Advance(idle)
		wantRefused(c.t, "an expired token", c.nodes[0].refresh(byBody, h), http.StatusUnauthorized, "token_expired")
		for range 2 {
			if a := c.nodes[0].logout(h); a.status != http.StatusNoContent || !a.cleared() {
				c.t.Errorf("logout: got %v with cookies %v, want 204 and no refresh cookie", a, a.cookies)
			}
		}
	}, shortSessions)
}

// TestI16KeyRingRotation puts a new master key in front. Tokens under the old one go on, every token that is handed out is under the new one, and when
// the old key is gone, only what was refreshed meanwhile lives. (The old key must stay until no signing key is sealed under it: two rotations of those.)
func TestI16KeyRingRotation(t *testing.T) {
	eachStore(t, func(c *cluster) {
		moved, stayed := c.refresh(c.nodes[0], c.signIn()), c.signIn()
		c.rotateMaster()
		moved = c.confirmed(moved)
		for range 2 {
			if err := c.nodes[0].svc.RotateKeys(c.t.Context(), true); err != nil {
				c.t.Fatalf("RotateKeys: %v", err)
			}
		}
		policy := c.nodes[0].svc.Policy()
		c.clock.Advance(policy.AccessLifetime + policy.KeyRetiring)
		c.restart(0) // the keys of the old master have served their time
		c.masters = c.masters[:1]
		c.restart(0)
		c.restart(1)
		wantRefused(c.t, "a token under a master key that is gone", c.nodes[1].refresh(byBody, stayed), http.StatusUnauthorized, "token_not_valid")
		c.confirmed(moved)
	})
}
