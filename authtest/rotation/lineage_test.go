package rotation_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
)

// lineage is a store that remembers every confirmation.
type lineage struct {
	auth.Store
	mu   sync.Mutex
	list []auth.Confirmation
}

func (l *lineage) ConfirmSession(ctx context.Context, c auth.Confirmation) (auth.Session, bool, error) {
	session, confirmed, err := l.Store.ConfirmSession(ctx, c)
	if confirmed {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, c)
	}
	return session, confirmed, err
}

// TestI1SingleBranch lets the children of one token race to be confirmed, generation after generation: one wins, and the chain of winners has no branch.
func TestI1SingleBranch(t *testing.T) {
	eachStore(t, func(c *cluster) {
		seen := &lineage{Store: c.store}
		c.observe(func(auth.Store) auth.Store { return seen })
		parent := c.signIn()
		for range 10 {
			children := c.inParallel(8, func(n *node, _ int) reply { return n.refresh(byCookie, parent) })
			c.clock.Advance(minAge)
			answers := c.inParallel(8, func(n *node, i int) reply { return n.refresh(byBody, children[i].held) })
			parent = children[onlyWinner(c.t, answers)].held
		}
		at := c.read(parent.refresh).SessionID
		if len(seen.list) != 10 || c.row(parent.refresh).Parent != auth.TokenID(c.read(parent.refresh).ID) {
			c.t.Fatalf("confirmations: got %d of session %x, want 10 that end at %+v", len(seen.list), at, c.read(parent.refresh))
		}
		for i := 1; i < len(seen.list); i++ {
			if seen.list[i].Parent != seen.list[i-1].Own {
				c.t.Errorf("confirmation %d: got a child of %x, want of %x", i, seen.list[i].Parent, seen.list[i-1].Own)
			}
		}
	})
}

// onlyWinner is the one answer that was served; the others have to be told that they were overtaken.
func onlyWinner(t *testing.T, answers []reply) int {
	t.Helper()
	winner := -1
	for i, a := range answers {
		if a.status == http.StatusOK && winner < 0 {
			winner = i
			continue
		}
		wantRefused(t, "a branch that lost", a, http.StatusConflict, "refresh_superseded")
	}
	if winner < 0 {
		t.Fatal("no branch was confirmed")
	}
	return winner
}

// TestI2Monotone presents everything that a session ever had, before and after its end, and watches the row: it never goes back.
func TestI2Monotone(t *testing.T) {
	eachStore(t, func(c *cluster) {
		tokens := []held{c.signIn()}
		for range 4 {
			tokens = append(tokens, c.refresh(c.nodes[0], tokens[len(tokens)-1]))
			c.clock.Advance(minAge)
		}
		last := c.row(tokens[0].refresh)
		watch := func(what string) {
			row := c.row(tokens[0].refresh)
			if row.Generation < last.Generation || (!last.EndedAt.IsZero() && (row.EndedAt != last.EndedAt || row.EndReason != last.EndReason)) {
				c.t.Errorf("after %s: row went from %+v to %+v", what, last, row)
			}
			last = row
		}
		for _, h := range slices.Backward(tokens) {
			c.nodes[0].refresh(byCookie, h)
			watch("a refresh")
		}
		if last.EndReason != auth.EndedAsCompromised {
			c.t.Errorf("end reason after old tokens: got %q, want %q", last.EndReason, auth.EndedAsCompromised)
		}
		for _, h := range tokens {
			c.clock.Advance(time.Second)
			c.nodes[1].refresh(byBody, h)
			watch("a refresh of an ended session")
			c.nodes[1].logout(h)
			watch("a logout of an ended session")
		}
	})
}

// TestI4BoundedCoexistence lets owner and thief refresh in turn, at intervals longer than the minimum age. The later one is served once. At long intervals his second
// refresh ends the session; at short ones it is refused, and the third ends it.
func TestI4BoundedCoexistence(t *testing.T) {
	eachStore(t, func(c *cluster) {
		for interval, want := range map[time.Duration][]string{
			minAge:              {"", "refresh_superseded", "session_compromised"},
			superseded + minAge: {"", "session_compromised"},
		} {
			first := c.signIn()
			second := first
			var got []string
			for range want {
				c.clock.Advance(interval)
				first = c.refresh(c.nodes[0], first)
				c.clock.Advance(interval)
				a := c.nodes[1].refresh(byBody, second)
				got = append(got, a.code)
				if a.status == http.StatusOK {
					second = a.held
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				c.t.Errorf("answers to the later holder, every %s (-want +got):\n%s", interval, diff)
			}
			wantRefused(c.t, "the first holder afterwards", c.nodes[0].refresh(byBody, first), http.StatusUnauthorized, "session_compromised")
		}
	})
}

// TestI5NoThiefLeft throws the owner out for a fork, and then tries everything that the session ever handed out, at both servers.
func TestI5NoThiefLeft(t *testing.T) {
	eachStore(t, func(c *cluster) {
		stolen := c.signIn()
		all := []held{stolen}
		take := func(h held) held {
			next := c.refresh(c.nodes[len(all)%2], h)
			all = append(all, next)
			return next
		}
		owner, thief := take(stolen), take(stolen)
		c.clock.Advance(minAge)
		thief = take(thief)
		take(thief)
		c.clock.Advance(superseded)
		wantRefused(c.t, "the owner", c.nodes[0].refresh(byCookie, owner), http.StatusUnauthorized, "session_compromised")
		for i, h := range all {
			for _, n := range c.nodes {
				wantRefused(c.t, "refresh token of an ended session", n.refresh(byBody, h), http.StatusUnauthorized, "session_compromised")
				if a := n.me(h); a.status != http.StatusUnauthorized {
					c.t.Errorf("access token %d of an ended session: got %v, want 401", i, a)
				}
			}
		}
	})
}

// TestI6EveryoneServed presents the parent, a child that is too young and a child that is old enough. Each gets an answer, and what it then holds works.
func TestI6EveryoneServed(t *testing.T) {
	eachStore(t, func(c *cluster) {
		for name, present := range map[string]func() held{
			"the first token": c.signIn,
			"the parent, confirmed long ago": func() held {
				h := c.refresh(c.nodes[0], c.signIn())
				c.confirmed(h)
				c.clock.Advance(24 * time.Hour)
				return h
			},
			"a child that is old enough": func() held {
				h := c.refresh(c.nodes[0], c.signIn())
				c.clock.Advance(minAge)
				return h
			},
		} {
			h := present()
			next := c.refresh(c.nodes[1], h)
			for range 3 { // young: kept
				a := c.nodes[0].refresh(byBody, next)
				if a.status != http.StatusOK || a.held.refresh != next.refresh {
					c.t.Fatalf("%s: a young child: got %v, want 200 and the same refresh token", name, a)
				}
			}
			c.confirmed(next)
		}
	})
}

// TestI7Scope forks one of a person's sessions. The person's other session and everybody else's go on, with their access tokens.
func TestI7Scope(t *testing.T) {
	eachStore(t, func(c *cluster) {
		name := c.register()
		forked, other, stranger := c.signInAs(name), c.signInAs(name), c.signIn()
		old := forked
		forked = c.confirmed(c.refresh(c.nodes[0], forked))
		c.clock.Advance(superseded)
		wantRefused(c.t, "a spent token", c.nodes[0].refresh(byBody, old), http.StatusUnauthorized, "session_compromised")
		wantRefused(c.t, "the forked session", c.nodes[0].refresh(byBody, forked), http.StatusUnauthorized, "session_compromised")
		for who, h := range map[string]held{"the person's other session": other, "another person": stranger} {
			next := c.refresh(c.nodes[1], h)
			if a := c.nodes[0].me(next); a.status != http.StatusOK {
				c.t.Errorf("users/me/ of %s: got %v, want 200", who, a)
			}
		}
	})
}

// TestI8RevokeWins stops a refresh before its statement, ends the session meanwhile, and lets it go on: it must not succeed.
// What succeeded before the end is dead.
func TestI8RevokeWins(t *testing.T) {
	eachStore(t, func(c *cluster) {
		for name, end := range map[string]func(h held){
			"sign-out": func(h held) { c.nodes[1].logout(h) },
			"disable": func(h held) {
				if err := c.nodes[1].svc.Disable(c.t.Context(), auth.Client{}, c.row(h.refresh).UserID); err != nil {
					c.t.Fatalf("Disable: %v", err)
				}
			},
		} {
			h := c.refresh(c.nodes[0], c.signIn())
			c.clock.Advance(minAge)
			began, release := c.faults.HangNext("ConfirmSession")
			answers := make(chan reply)
			go func() { answers <- c.nodes[0].refresh(byBody, h) }()
			<-began
			end(h)
			release()
			if a := <-answers; a.status != http.StatusUnauthorized || a.held.refresh != "" {
				c.t.Errorf("refresh whose session ended by %s meanwhile: got %v, want 401", name, a)
			}
			if a := c.nodes[0].me(h); a.status != http.StatusUnauthorized {
				c.t.Errorf("access token from before the %s: got %v, want 401", name, a)
			}
		}
	})
}
