package auth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
)

// Who loses a right must not keep it in an access token until that runs out, here or at services that follow the revocations (stale rights).
func TestDemotion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.register(t, "alice")
	yes, no := true, false
	if _, err := w.SetRights(t.Context(), w.client, user.ID, auth.Rights{Staff: &yes, Superuser: &yes}); err != nil {
		t.Fatal(err)
	}
	grant := w.login(t, "alice")
	w.clock.Advance(time.Minute)
	if _, err := w.Authenticate(t.Context(), grant.Access); err != nil {
		t.Fatalf("Authenticate after a promotion: %v", err)
	}
	got, err := w.SetRights(t.Context(), w.client, user.ID, auth.Rights{Staff: &no})
	if err != nil || got.IsStaff || !got.IsSuperuser {
		t.Errorf("SetRights: got staff %t, superuser %t, %v; want only superuser", got.IsStaff, got.IsSuperuser, err)
	}
	_, err = w.Authenticate(t.Context(), grant.Access)
	wantError(t, "Authenticate after a demotion", err, auth.ErrTokenExpired)
	list, err := w.store.Revocations(t.Context(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := []auth.Revocation{{Kind: auth.RevokedUser, Subject: string(user.ID), NotBefore: w.clock.Now(), Reason: string(auth.RightsChanged)}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("Revocations (-want +got):\n%s", diff)
	}
	w.clock.Advance(time.Second)
	next, err := w.Refresh(t.Context(), w.client, grant.Refresh) // nobody is signed out
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), next.Access); err != nil {
		t.Errorf("Authenticate with a new token: %v", err)
	}
	events, err := w.store.Events(t.Context(), auth.EventQuery{UserID: user.ID, Limit: 2})
	if err != nil || events[0].Kind != auth.EventRightsChanged || events[0].Detail != "-staff" {
		t.Errorf("Events: got %+v, %v; want the change of rights", events, err)
	}
	_, err = w.SetRights(t.Context(), w.client, "nobody", auth.Rights{Staff: &no})
	wantError(t, "SetRights of nobody", err, auth.ErrNotFound)
}
