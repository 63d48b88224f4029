package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

func (w world) feed(t *testing.T, cursor string) auth.RevocationPage {
	t.Helper()
	page, err := w.RevocationFeed(t.Context(), cursor, 0)
	if err != nil {
		t.Fatalf("RevocationFeed: %v", err)
	}
	return page
}

func (w world) logout(t *testing.T, grant auth.Grant) {
	t.Helper()
	if _, err := w.Logout(t.Context(), w.client, grant.Refresh); err != nil {
		t.Fatalf("Logout: %v", err)
	}
}

func subjects(page auth.RevocationPage) (list []string) {
	for _, r := range page.Revocations {
		list = append(list, string(r.Kind)+" "+r.Subject+" "+r.Reason)
	}
	return list
}

// waysOut end what alice has, in every way there is. They answer nothing that could be forgotten: the feed has to have it.
var waysOut = map[string]struct {
	end  func(ctx context.Context, w world, user auth.User, grant auth.Grant) error
	want func(user auth.User, grant auth.Grant) string // nil: of a key
}{
	"logout": {func(ctx context.Context, w world, _ auth.User, grant auth.Grant) error {
		_, err := w.Logout(ctx, w.client, grant.Refresh)
		return err
	}, ofSession("logout")},
	"ended from another device": {func(ctx context.Context, w world, user auth.User, grant auth.Grant) error {
		other, err := w.Login(ctx, w.client, attempt(user.Username, goodPassword))
		if err != nil {
			return err
		}
		_, err = w.EndSessions(ctx, w.client, auth.Principal{UserID: user.ID, SessionID: other.Session.ID}, true)
		return err
	}, ofSession("ended_by_user")},
	"ended by an operator": {func(ctx context.Context, w world, user auth.User, _ auth.Grant) error {
		_, err := w.RevokeSessions(ctx, w.client, user.ID)
		return err
	}, ofSession("ended_by_operator")},
	"disabled": {func(ctx context.Context, w world, user auth.User, _ auth.Grant) error {
		return w.Disable(ctx, w.client, user.ID)
	}, ofUser("user_disabled")},
	"deleted": {func(ctx context.Context, w world, user auth.User, grant auth.Grant) error {
		principal := auth.Principal{UserID: user.ID, SessionID: grant.Session.ID}
		return w.DeleteUser(ctx, w.client, principal, user.ID, secret.NewText(goodPassword))
	}, ofUser("user_deleted")},
	"another password": {func(ctx context.Context, w world, user auth.User, _ auth.Grant) error {
		return w.ResetPassword(ctx, w.client, user.ID, secret.NewText("another good one 9"))
	}, ofSession("password_changed")},
	"a second holder": {func(ctx context.Context, w world, _ auth.User, grant auth.Grant) error {
		first := grant.Refresh
		for range 2 {
			w.clock.Advance(time.Minute)
			next, err := w.Refresh(ctx, w.client, grant.Refresh)
			if err != nil {
				return err
			}
			grant = next
		}
		w.clock.Advance(time.Hour)
		if _, err := w.Refresh(ctx, w.client, first); !errors.Is(err, auth.ErrSessionCompromised) {
			return fmt.Errorf("a token from long ago: got %w, want ErrSessionCompromised", err)
		}
		return w.Start(ctx)
	}, ofSession("compromised")},
	"a key revoked": {func(ctx context.Context, w world, _ auth.User, _ auth.Grant) error {
		keys, err := w.SigningKeys(ctx)
		if err != nil {
			return err
		}
		return w.RevokeKey(ctx, keys[0].ID)
	}, nil},
	"everything": {func(ctx context.Context, w world, _ auth.User, _ auth.Grant) error {
		_, err := w.RevokeEverything(ctx, w.client)
		return err
	}, func(auth.User, auth.Grant) string { return "everything  ended_by_operator" }},
}

func ofSession(reason string) func(auth.User, auth.Grant) string {
	return func(_ auth.User, grant auth.Grant) string {
		return "session " + grant.Session.ID.String() + " " + reason
	}
}

func ofUser(reason string) func(auth.User, auth.Grant) string {
	return func(user auth.User, _ auth.Grant) string { return "user " + string(user.ID) + " " + reason }
}

// Whatever kills access tokens has to reach those who check them without asking us.
func TestEveryWayOutIsInTheFeed(t *testing.T) {
	t.Parallel()
	for way, test := range waysOut {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			user := w.register(t, "alice")
			grant := w.login(t, "alice")
			start := w.feed(t, "")
			if !start.Whole || len(start.Revocations) > 0 {
				t.Fatalf("before: got %+v", start)
			}
			if err := test.end(t.Context(), w, user, grant); err != nil {
				t.Fatal(err)
			}
			page := w.feed(t, start.Cursor)
			if got := subjects(page); len(got) != 1 || test.want != nil && got[0] != test.want(user, grant) {
				t.Errorf("got %q", got)
			}
			if again := w.feed(t, page.Cursor); len(again.Revocations) > 0 || again.Whole {
				t.Errorf("again: got %+v", again)
			}
		})
	}
}

func TestWhoFollowsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	cursor := w.feed(t, "").Cursor
	answer := make(chan auth.RevocationPage)
	go func() {
		page, err := w.RevocationFeed(t.Context(), cursor, time.Hour)
		if err != nil {
			t.Error(err)
		}
		answer <- page
	}()
	w.logout(t, grant)
	if page := <-answer; len(page.Revocations) != 1 {
		t.Errorf("got %+v", page)
	}
}

// A follower behind a load balancer meets another process each time.
func TestAnotherProcessGoesOnFromACursor(t *testing.T) {
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		clock := authtest.NewClock()
		node := func() world {
			return world{authtest.NewService(t, store, clock), store, clock, auth.Client{Address: "192.0.2.1"}}
		}
		one, two := node(), node()
		one.register(t, "alice")
		first, second, third := one.login(t, "alice"), one.login(t, "alice"), one.login(t, "alice")
		one.logout(t, first)
		poll(t, two)
		clock.Advance(time.Minute)
		poll(t, one, two)
		cursor := one.feed(t, "").Cursor
		one.logout(t, second)
		poll(t, two)
		page := two.feed(t, cursor)
		if got := subjects(page); page.Whole || len(got) != 1 || got[0] != "session "+second.Session.ID.String()+" logout" {
			t.Errorf("the second process: got %q (whole: %t)", got, page.Whole)
		}
		two.logout(t, third)
		if got := subjects(two.feed(t, page.Cursor)); len(got) != 1 {
			t.Errorf("the second process again: got %q", got)
		}
		// A process that has just started knows what is in force, and cannot know what this follower was told: rather twice than never.
		if got := subjects(node().feed(t, page.Cursor)); !slices.Contains(got, "session "+third.Session.ID.String()+" logout") {
			t.Errorf("a new process: got %q", got)
		}
	})
}

func poll(t *testing.T, nodes ...world) {
	t.Helper()
	for _, w := range nodes {
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that is cut off from the database must not let others believe that nothing was revoked.
func TestAProcessThatKnowsNothingSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cursor := w.feed(t, "").Cursor
	w.clock.Advance(5 * time.Second)
	if page := w.feed(t, cursor); page.Age != 5*time.Second {
		t.Errorf("age: got %s", page.Age)
	}
	w.clock.Advance(6 * time.Second)
	_, err := w.RevocationFeed(t.Context(), cursor, time.Hour)
	wantError(t, "RevocationFeed", err, auth.ErrUnavailable)
	poll(t, w)
	w.feed(t, cursor)
}

func TestCursorsThatNobodyGoesOnFromAnswerAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	old := w.feed(t, "").Cursor
	w.logout(t, w.login(t, "alice"))
	w.clock.Advance(4 * time.Minute)
	poll(t, w)
	w.logout(t, w.login(t, "alice"))
	for situation, cursor := range map[string]string{
		"none": "", "words": "the beginning", "negative": "0011223344556677--1-5", "numbers": "1-2-3", "too large": "0011223344556677-99999999999999999999-5",
	} {
		if page := w.feed(t, cursor); !page.Whole || len(page.Revocations) != 2 {
			t.Errorf("%s: got %+v", situation, page)
		}
	}
	w.clock.Advance(4 * time.Minute) // longer than a token lives since the first one
	poll(t, w)
	if page := w.feed(t, old); !page.Whole || len(page.Revocations) != 1 {
		t.Errorf("a cursor from long ago: got %+v", page)
	}
}

func TestAServerThatStopsLetsFollowersGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cursor := w.feed(t, "").Cursor
	ctx, stop := context.WithCancel(t.Context())
	running := make(chan error)
	go func() { running <- w.Run(ctx) }()
	released := make(chan error)
	go func() {
		_, err := w.RevocationFeed(t.Context(), cursor, time.Hour)
		released <- err
	}()
	stop()
	<-running
	if err := <-released; err != nil {
		t.Errorf("got %v", err)
	}
	w.ReleaseFollowers() // a second time does nothing
	if _, err := w.RevocationFeed(t.Context(), cursor, time.Hour); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
}
