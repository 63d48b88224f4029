package authtest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

var createSessionPromises = []promise{
	{"every field comes back, and the user's last login is set", func(t *storeTest) {
		ada := t.user("ada")
		t.clock.Advance(time.Hour)
		want := t.session(ada, func(s *auth.Session) {
			s.Previous, s.Generation, s.Remember, s.Method, s.Label, s.UserAgent, s.Address = newToken(), 7, true, "bridge", "Ada's phone", "curl/8", "2001:db8::1"
			s.IdleExpiresAt = s.IdleExpiresAt.Add(time.Millisecond)
		})
		found, user, err := t.store.SessionUser(t.Context(), want.ID)
		t.must(err)
		t.same("session", found, want)
		ada.LastLogin = t.now()
		t.same("user", user, ada)
		t.same("events", t.events(ada.ID), []auth.EventKind{auth.EventLogin, auth.EventUserCreated})
	}},
	{"ErrUserInactive for a user who is disabled or unknown, and nothing was done", func(t *storeTest) {
		disabled := t.user("disabled", func(u *auth.User) { u.IsActive = false })
		for _, user := range []auth.User{disabled, {ID: "nobody"}} {
			session := t.newSession(user)
			_, err := t.store.CreateSession(t.Context(), t.opening(session, 0))
			t.is("CreateSession", err, auth.ErrUserInactive)
			_, _, err = t.store.Session(t.Context(), session.ID)
			t.is("Session", err, auth.ErrNotFound)
			for _, kind := range t.events(user.ID) {
				if kind == auth.EventLogin {
					t.Error("the event of a refused sign-in was stored")
				}
			}
		}
		found, err := t.store.User(t.Context(), disabled.ID)
		t.must(err)
		t.same("the user", found, disabled)
	}},
}

var confirmSessionPromises = []promise{
	{"the session moves to the token, and its idle deadline is pushed", func(t *storeTest) {
		ada := t.user("ada")
		want := t.session(ada)
		for range 3 {
			at := t.clock.Advance(time.Hour)
			c := t.confirmation(want)
			got, ok, err := t.store.ConfirmSession(t.Context(), c)
			t.must(err)
			if !ok {
				t.Fatal("ConfirmSession: got false for a child of the parent")
			}
			want.Previous, want.Parent, want.Generation, want.ConfirmedAt, want.IdleExpiresAt = want.Parent, c.Own, want.Generation+1, at, at.Add(want.IdleLifetime)
			t.same("the answer", got, want)
			t.same("the row", t.find(want.ID), want)
		}
	}},
	{"the idle deadline never passes the absolute one", func(t *storeTest) {
		session := t.session(t.user("ada"), func(s *auth.Session) { s.AbsoluteExpiresAt = s.CreatedAt.Add(s.IdleLifetime + time.Minute) })
		t.clock.Advance(2 * time.Minute)
		got, ok, err := t.store.ConfirmSession(t.Context(), t.confirmation(session))
		t.must(err)
		t.same("ok", ok, true)
		t.same("IdleExpiresAt", got.IdleExpiresAt, session.AbsoluteExpiresAt)
	}},
	{"the absolute deadline holds, even were the idle one later", func(t *storeTest) {
		session := t.session(t.user("ada"), func(s *auth.Session) { s.AbsoluteExpiresAt = s.CreatedAt.Add(time.Hour) })
		t.clock.Set(session.AbsoluteExpiresAt)
		_, ok, err := t.store.ConfirmSession(t.Context(), t.confirmation(session))
		t.must(err)
		t.same("ok", ok, false)
	}},
	{"false, and nothing was written", func(t *storeTest) {
		for name, spoil := range confirmationsThatFail {
			ada := t.user(name)
			session := t.session(ada)
			t.clock.Advance(time.Minute)
			c := t.confirmation(session)
			spoil(t, session, &c)
			before := t.find(session.ID)
			got, ok, err := t.store.ConfirmSession(t.Context(), c)
			t.must(err)
			t.same("ok when "+name, ok, false)
			t.same("the answer when "+name, got, auth.Session{})
			t.same("the row when "+name, t.find(session.ID), before)
		}
	}},
	{"a token that is exactly old enough is confirmed", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(minAge)
		_, ok, err := t.store.ConfirmSession(t.Context(), t.confirmation(session))
		t.must(err)
		t.same("ok", ok, true)
	}},
	{"fifty presentations of one token at once: one confirms it", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Minute)
		c := t.confirmation(session)
		t.same("confirmed", t.confirmAtOnce(50, func(int) auth.Confirmation { return c }), 1)
		t.same("Parent", t.find(session.ID).Parent, c.Own)
		t.same("Generation", t.find(session.ID).Generation, int64(1))
	}},
	{"fifty siblings at once: one confirms its own, and the rest are spent (I1)", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Minute)
		t.same("confirmed", t.confirmAtOnce(50, func(int) auth.Confirmation { return t.confirmation(session) }), 1)
		found := t.find(session.ID)
		t.same("Previous", found.Previous, session.Parent)
		t.same("Generation", found.Generation, int64(1))
	}},
	{"many sessions at once do not disturb each other (I7)", func(t *storeTest) {
		ada := t.user("ada")
		sessions := make([]auth.Session, 30)
		for i := range sessions {
			sessions[i] = t.session(ada)
		}
		t.clock.Advance(time.Minute)
		t.same("confirmed", t.confirmAtOnce(len(sessions), func(i int) auth.Confirmation { return t.confirmation(sessions[i]) }), len(sessions))
	}},
	{"a clock that was set back by less than the minimum age confirms all the same (I13)", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Minute)
		session, ok, err := t.store.ConfirmSession(t.Context(), t.confirmation(session))
		t.must(err)
		t.same("ok", ok, true)
		c := t.confirmation(session)
		c.BornAt, c.Now = session.ConfirmedAt.Add(-minAge-time.Second), session.ConfirmedAt.Add(-time.Second)
		session, ok, err = t.store.ConfirmSession(t.Context(), c)
		t.must(err)
		t.same("ok", ok, true)
		t.same("ConfirmedAt", session.ConfirmedAt, c.Now)
	}},
}

// confirmationsThatFail are the reasons for which a session is not confirmed.
var confirmationsThatFail = map[string]func(t *storeTest, s auth.Session, c *auth.Confirmation){
	"the session is unknown":  func(_ *storeTest, _ auth.Session, c *auth.Confirmation) { c.SessionID = auth.NewSessionID() },
	"the parent is another":   func(_ *storeTest, _ auth.Session, c *auth.Confirmation) { c.Parent = newToken() },
	"the parent is none":      func(_ *storeTest, _ auth.Session, c *auth.Confirmation) { c.Parent = auth.TokenID{} },
	"it is the parent itself": func(_ *storeTest, s auth.Session, c *auth.Confirmation) { c.Own, c.Parent = s.Parent, newToken() },
	"the token is too young": func(_ *storeTest, _ auth.Session, c *auth.Confirmation) {
		c.BornAt = c.Now.Add(time.Millisecond - minAge)
	},
	"the generation is spent": func(_ *storeTest, s auth.Session, c *auth.Confirmation) { c.Generation = s.Generation },
	"it was idle too long":    func(_ *storeTest, s auth.Session, c *auth.Confirmation) { c.Now = s.IdleExpiresAt },
	"it has run out":          func(_ *storeTest, s auth.Session, c *auth.Confirmation) { c.Now = s.AbsoluteExpiresAt },
	"it was ended":            func(t *storeTest, s auth.Session, _ *auth.Confirmation) { t.mustEnd(s) },
	"the user is disabled": func(t *storeTest, s auth.Session, _ *auth.Confirmation) {
		t.must(t.store.SetActive(t.Context(), s.UserID, false, t.now(), auth.Event{At: t.now()}))
	},
}

// confirmAtOnce confirms n tokens at once and counts those that were.
func (t *storeTest) confirmAtOnce(n int, confirmation func(i int) auth.Confirmation) int {
	t.Helper()
	var confirmed atomic.Int32
	atOnce(n, func(i int) {
		_, ok, err := t.store.ConfirmSession(t.Context(), confirmation(i))
		if err != nil {
			t.Error(err)
		}
		if ok {
			confirmed.Add(1)
		}
	})
	return int(confirmed.Load())
}

var findSessionPromises = []promise{
	{"KnownClients lists where sessions were opened from, each once, also those that are over", func(t *storeTest) {
		ada := t.user("ada")
		from := func(user auth.User, address, agent string) auth.Session {
			return t.session(user, func(s *auth.Session) { s.Address, s.UserAgent = address, agent })
		}
		end, event := t.end(from(ada, "192.0.2.1", "desk"))
		_, err := t.store.EndSession(t.Context(), end, event)
		t.must(err)
		from(ada, "192.0.2.1", "desk")
		from(ada, "192.0.2.2", "desk")
		from(ada, "", "")
		from(t.user("bob"), "192.0.2.3", "phone")
		known, err := t.store.KnownClients(t.Context(), ada.ID)
		t.must(err)
		slices.SortFunc(known, func(a, b auth.Client) int { return strings.Compare(a.Address, b.Address) })
		t.same("known", known, []auth.Client{{Address: "192.0.2.1", UserAgent: "desk"}, {Address: "192.0.2.2", UserAgent: "desk"}})
		known, err = t.store.KnownClients(t.Context(), "nobody")
		t.must(err)
		t.same("known of nobody", len(known), 0)
	}},
	{"Session, SessionUser and UserBySession answer ErrNotFound for an unknown id", func(t *storeTest) {
		t.session(t.user("ada"))
		for _, id := range []auth.SessionID{{}, auth.NewSessionID()} {
			_, _, err := t.store.Session(t.Context(), id)
			t.is("Session", err, auth.ErrNotFound)
			_, _, err = t.store.SessionUser(t.Context(), id)
			t.is("SessionUser", err, auth.ErrNotFound)
			user, lives, err := t.store.UserBySession(t.Context(), id, t.now())
			t.is("UserBySession", err, auth.ErrNotFound)
			t.same("nobody", user, auth.User{})
			t.same("lives", lives, false)
		}
	}},
	{"UserBySession finds the user with every field, also of a session that is over, and a disabled one", func(t *storeTest) {
		t.session(t.user("bob"))
		ada := t.user("ada", func(u *auth.User) {
			u.FirstName, u.LastName, u.IsStaff, u.IsSuperuser, u.VerifiedAt = "Ada", "Lovelace", true, true, t.now()
			u.PublicMetadata, u.PrivateMetadata = json.RawMessage(`{"a":1}`), json.RawMessage(`{"b":2}`)
		})
		session := t.session(ada)
		ada.LastLogin = session.CreatedAt
		user, _, err := t.store.UserBySession(t.Context(), session.ID, t.now())
		t.must(err)
		t.same("the user", user, ada)
		user, _, err = t.store.UserBySession(t.Context(), session.ID, session.AbsoluteExpiresAt)
		t.must(err)
		t.same("the user of a session that is over", user, ada)
		t.must(t.store.SetActive(t.Context(), ada.ID, false, t.now(), auth.Event{At: t.now()}))
		ada.IsActive = false
		user, lives, err := t.store.UserBySession(t.Context(), session.ID, t.now())
		t.must(err)
		t.same("the disabled user", user, ada)
		t.same("lives, when disabling has ended it", lives, false)
	}},
	{"UserBySession says that a session lives until its absolute deadline, or until it was ended", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Hour)
		lives := func(at time.Time) bool {
			t.Helper()
			_, lives, err := t.store.UserBySession(t.Context(), session.ID, at)
			t.must(err)
			return lives
		}
		last := session.AbsoluteExpiresAt.Add(-time.Millisecond)
		t.same("now", lives(t.now()), true)
		t.same("idle", lives(session.IdleExpiresAt), true)
		t.same("in its last moment", lives(last), true)
		t.same("over", lives(session.AbsoluteExpiresAt), false)
		t.mustEnd(session)
		for _, at := range []time.Time{t.now(), last, session.CreatedAt} { // should the clock be set back, it must not come to life again
			t.same("ended", lives(at), false)
		}
	}},
	{"Session says whether its user is active", func(t *storeTest) {
		session := t.session(t.user("ada"))
		for _, want := range []bool{false, true} {
			t.must(t.store.SetActive(t.Context(), session.UserID, want, t.now(), auth.Event{At: t.now()}))
			_, got, err := t.store.Session(t.Context(), session.ID)
			t.must(err)
			t.same("userActive", got, want)
		}
	}},
	{"SessionUser finds an ended session too", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.mustEnd(session)
		found, _, err := t.store.SessionUser(t.Context(), session.ID)
		t.must(err)
		t.same("EndReason", found.EndReason, auth.EndedByLogout)
	}},
	{"Sessions lists the living ones of the user, the last active first", func(t *storeTest) {
		ada := t.user("ada")
		idle := t.session(ada, func(s *auth.Session) { s.IdleExpiresAt = s.CreatedAt.Add(time.Hour) })
		over := t.session(ada, func(s *auth.Session) { s.AbsoluteExpiresAt = s.CreatedAt.Add(time.Hour) })
		ended, old := t.session(ada), t.session(ada)
		t.session(t.user("bob"))
		t.clock.Advance(time.Minute)
		young := t.session(ada)
		t.clock.Advance(time.Minute)
		t.mustEnd(ended)
		list, err := t.store.Sessions(t.Context(), ada.ID, t.now())
		t.must(err)
		t.same("before the hour", len(list), 4)
		old, _, err = t.store.ConfirmSession(t.Context(), t.confirmation(old))
		t.must(err)
		list, err = t.store.Sessions(t.Context(), ada.ID, idle.CreatedAt.Add(time.Hour))
		t.must(err)
		t.same("after the hour", list, []auth.Session{old, young})
		t.same("both ran out together", idle.IdleExpiresAt, over.AbsoluteExpiresAt)
	}},
}
