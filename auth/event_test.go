package auth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// Every turn in the life of an account leaves a line, and no line holds a secret.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	grant := w.login(t, "alice")
	if _, err := w.Login(t.Context(), w.client, attempt("alice", "canary-wrong")); err == nil {
		t.Fatal("Login with a wrong password: no error")
	}
	principal := w.authenticate(t, grant.Access)
	if err := w.SetPassword(t.Context(), w.client, principal, secret.NewText(goodPassword), secret.NewText("canary-password")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Logout(t.Context(), w.client, grant.Refresh); err != nil {
		t.Fatal(err)
	}
	if err := w.Disable(t.Context(), w.client, alice.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Enable(t.Context(), w.client, alice.ID); err != nil {
		t.Fatal(err)
	}
	events, err := w.store.Events(t.Context(), auth.EventQuery{UserID: alice.ID})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []auth.EventKind
	for _, e := range events {
		kinds = append([]auth.EventKind{e.Kind}, kinds...)
		if strings.Contains(e.Detail, "canary") || e.Client.Address != w.client.Address {
			t.Errorf("event %s: detail %q from %q", e.Kind, e.Detail, e.Client.Address)
		}
	}
	want := []auth.EventKind{
		auth.EventUserCreated, auth.EventLogin, auth.EventLoginFailed, auth.EventPasswordChanged, auth.EventSessionEnded, auth.EventUserDisabled, auth.EventUserEnabled,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A long user agent is cut, and what is kept is still text.
func TestUserAgentIsCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	w.client.UserAgent = strings.Repeat("ü", 400)
	grant := w.login(t, "alice")
	if got := grant.Session.UserAgent; len(got) > 512 || strings.ToValidUTF8(got, "") != got {
		t.Errorf("user agent: got %d bytes, valid text: %v", len(got), strings.ToValidUTF8(got, "") == got)
	}
}
