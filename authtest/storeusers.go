package authtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

var createUserPromises = []promise{
	{"every field comes back", func(t *storeTest) {
		want := auth.User{
			ID: "01890a5d-ac96-774b-bcce-b302099a8057", Username: "Ådá.1+_@x", Email: "Ada@example.com", FirstName: "Ada", LastName: "Lovelace 日本",
			PasswordHash: "argon2$x", IsActive: true, IsStaff: true, IsSuperuser: true, DateJoined: t.now(), LastLogin: t.now().Add(time.Second),
			VerifiedAt: t.now().Add(2 * time.Millisecond), PublicMetadata: json.RawMessage(`{"b": 1, "a":"\u0041"}`), PrivateMetadata: json.RawMessage(`{}`),
		}
		created, err := t.store.CreateUser(t.Context(), want, auth.Event{Kind: auth.EventUserCreated, At: t.now(), UserID: want.ID})
		t.must(err)
		t.same("CreateUser", created, want)
		found, err := t.store.User(t.Context(), want.ID)
		t.must(err)
		t.same("User", found, want)
		t.same("events", t.events(want.ID), []auth.EventKind{auth.EventUserCreated})
	}},
	{"fields that are empty come back empty", func(t *storeTest) {
		want := auth.User{ID: "01890a5d-ac96-774b-bcce-b302099a8057", Username: "ada", DateJoined: t.now()}
		_, err := t.store.CreateUser(t.Context(), want, auth.Event{At: t.now()})
		t.must(err)
		found, err := t.store.User(t.Context(), want.ID)
		t.must(err)
		t.same("User", found, want)
	}},
	{"an empty id asks for the next integer, which the event names too", func(t *storeTest) {
		for i := range 12 {
			user, err := t.store.CreateUser(t.Context(), auth.User{Username: fmt.Sprint("user", i), DateJoined: t.now()}, auth.Event{Kind: auth.EventUserCreated, At: t.now()})
			t.must(err)
			t.same("id", user.ID, auth.UserID(strconv.Itoa(i+1)))
			t.same("events", t.events(user.ID), []auth.EventKind{auth.EventUserCreated})
		}
	}},
	{"an integer that was brought along is not given again", func(t *storeTest) {
		t.user("imported", func(u *auth.User) { u.ID = "41" })
		t.user("older", func(u *auth.User) { u.ID = "7" })
		user := t.user("next", func(u *auth.User) { u.ID = "" })
		t.same("id", user.ID, auth.UserID("42"))
	}},
	{"integers are given once, also at the same time", func(t *storeTest) {
		var ids [30]auth.UserID
		atOnce(len(ids), func(i int) {
			user, err := t.store.CreateUser(t.Context(), auth.User{Username: fmt.Sprint("user", i), DateJoined: t.now()}, auth.Event{At: t.now()})
			if err != nil {
				t.Error(err)
			}
			ids[i] = user.ID
		})
		seen := make(map[auth.UserID]bool)
		for _, id := range ids {
			if seen[id] {
				t.Errorf("id %s was given twice", id)
			}
			seen[id] = true
		}
	}},
	{"ErrUsernameTaken when the username exists, and nothing was done", func(t *storeTest) {
		ada := t.user("ada")
		_, err := t.store.CreateUser(t.Context(), auth.User{ID: "other", Username: "ada", DateJoined: t.now()}, auth.Event{Kind: auth.EventUserCreated, At: t.now(), UserID: "other"})
		t.is("CreateUser", err, auth.ErrUsernameTaken)
		found, err := t.store.UserByUsername(t.Context(), "ada")
		t.must(err)
		t.same("the first user", found, ada)
		t.same("events", t.events("other"), []auth.EventKind{})
	}},
	{"one of many with the same username wins", func(t *storeTest) {
		var won atomic.Int32
		atOnce(20, func(i int) {
			_, err := t.store.CreateUser(t.Context(), auth.User{ID: auth.UserID(fmt.Sprint("id", i)), Username: "ada", DateJoined: t.now()}, auth.Event{At: t.now()})
			if err == nil {
				won.Add(1)
			} else {
				t.is("CreateUser", err, auth.ErrUsernameTaken)
			}
		})
		t.same("winners", won.Load(), int32(1))
	}},
	{"usernames that differ in case are different", func(t *storeTest) {
		for _, name := range []string{"ada", "Ada", "ADA", "ada.", "äda", "Äda"} {
			t.user(name)
		}
	}},
}

var findUserPromises = []promise{
	{"User answers ErrNotFound for an unknown id", func(t *storeTest) {
		t.user("ada")
		for _, id := range []auth.UserID{"", "1", "01890a5d-ac96-774b-bcce-b302099a8057", "' OR 1=1 --"} {
			_, err := t.store.User(t.Context(), id)
			t.is("User", err, auth.ErrNotFound)
		}
	}},
	{"UserByUsername finds the exact username only", func(t *storeTest) {
		want := t.user("Ada")
		found, err := t.store.UserByUsername(t.Context(), "Ada")
		t.must(err)
		t.same("UserByUsername", found, want)
		for _, name := range []string{"", "ada", "ADA", "Ada ", " Ada", "Ad", "Ada%", "A_a", "Adá", "Ad\u0430"} {
			_, err := t.store.UserByUsername(t.Context(), name)
			t.is(fmt.Sprintf("UserByUsername(%q)", name), err, auth.ErrNotFound)
		}
	}},
	{"UsersByEmail finds active users first, then the oldest first", func(t *storeTest) {
		at := func(active bool, after time.Duration) func(*auth.User) {
			return func(u *auth.User) {
				u.Email, u.IsActive, u.DateJoined = "Ada@Example.com", active, u.DateJoined.Add(after)
			}
		}
		retired := t.user("retired", at(false, 0))
		young := t.user("young", at(true, 2*time.Hour))
		old := t.user("old", at(true, time.Hour))
		t.user("other", func(u *auth.User) { u.Email = "ada@example.org" })
		found, err := t.store.UsersByEmail(t.Context(), auth.EmailKey("aDA@eXAMPLE.COM"))
		t.must(err)
		t.same("UsersByEmail", found, []auth.User{old, young, retired})
	}},
	{"UsersByEmail takes no letter for another (CVE-2019-19844)", func(t *storeTest) {
		t.user("victim", func(u *auth.User) { u.Email = "mike@example.com" })
		for _, address := range []string{"m\u0131ke@example.com", "MI\u212aE@example.com", "mike@example.com ", "mike@example.co", "%", ""} {
			found, err := t.store.UsersByEmail(t.Context(), auth.EmailKey(address))
			t.must(err)
			if len(found) > 0 {
				t.Errorf("UsersByEmail(%q): found %s", address, found[0].Username)
			}
		}
	}},
	{"UsersByEmail finds nobody without an address", func(t *storeTest) {
		t.user("nameless", func(u *auth.User) { u.Email = "" })
		found, err := t.store.UsersByEmail(t.Context(), "")
		t.must(err)
		t.same("UsersByEmail", found, []auth.User(nil))
	}},
	{"Users lists integers by value, page after page", func(t *storeTest) {
		var want []auth.UserID
		for i := range 25 {
			want = append(want, t.user(fmt.Sprint("user", 25-i), func(u *auth.User) { u.ID = "" }).ID)
		}
		t.same("ids", t.pages(7), want)
	}},
	{"Users lists UUIDs in their order", func(t *storeTest) {
		want := []auth.UserID{
			"01890a5d-ac96-774b-8000-000000000000", "01890a5d-ac96-774b-9000-000000000000", "01890a5d-ac96-774b-a000-000000000000", "01890a5e-0000-7000-8000-000000000000",
		}
		for _, i := range []int{2, 0, 3, 1} {
			t.user(fmt.Sprint("user", i), func(u *auth.User) { u.ID = want[i] })
		}
		t.same("ids", t.pages(3), want)
	}},
	{"Users answers a hundred unless it is told", func(t *storeTest) {
		atOnce(101, func(i int) { t.user(fmt.Sprint("user", i), func(u *auth.User) { u.ID = "" }) })
		users, err := t.store.Users(t.Context(), auth.UserQuery{})
		t.must(err)
		t.same("users", len(users), 100)
	}},
}

// pages lists the ids of all users through pages of a size.
func (t *storeTest) pages(size int) (ids []auth.UserID) {
	t.Helper()
	var query auth.UserQuery
	for query.Limit = size; ; {
		users, err := t.store.Users(t.Context(), query)
		t.must(err)
		if len(users) > size {
			t.Fatalf("Users: got %d, want at most %d", len(users), size)
		}
		if len(users) == 0 {
			return ids
		}
		for _, u := range users {
			ids = append(ids, u.ID)
		}
		query.After = ids[len(ids)-1]
	}
}
