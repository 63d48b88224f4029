package authtest

import (
	"github.com/cartouche-auth/cartouche/auth"
)

var labelSessionPromises = []promise{
	{"a living session of the user gets the name", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.must(t.store.LabelSession(t.Context(), session.UserID, session.ID, "Ada's phone 📱", auth.Event{Kind: auth.EventSessionNamed, At: t.now(), UserID: session.UserID}))
		session.Label = "Ada's phone 📱"
		t.same("the session", t.find(session.ID), session)
		t.same("the last event", t.events(session.UserID)[0], auth.EventSessionNamed)
	}},
	{"ErrNotFound when it is another's, unknown, ended or over", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		session, ended := t.session(ada), t.session(ada)
		t.mustEnd(ended)
		for name, err := range map[string]error{
			"another's": t.store.LabelSession(t.Context(), bob.ID, session.ID, "x", auth.Event{At: t.now(), UserID: ada.ID}),
			"unknown":   t.store.LabelSession(t.Context(), ada.ID, auth.NewSessionID(), "x", auth.Event{At: t.now(), UserID: ada.ID}),
			"ended":     t.store.LabelSession(t.Context(), ada.ID, ended.ID, "x", auth.Event{At: t.now(), UserID: ada.ID}),
			"over":      t.store.LabelSession(t.Context(), ada.ID, session.ID, "x", auth.Event{At: session.IdleExpiresAt, UserID: ada.ID}),
		} {
			t.is(name, err, auth.ErrNotFound)
		}
		t.same("the session", t.find(session.ID), session)
		t.same("the last event", t.events(ada.ID)[0], auth.EventSessionEnded)
	}},
}
