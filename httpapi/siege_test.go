package httpapi_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// Who sets a new password by a mailed link signs in from that browser, however fast a botnet uses up what strangers may do again (lock-out).
func TestANewPasswordDuringASiege(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]func(m *mailbox, l link){
		"on the page": func(m *mailbox, l link) {
			m.post(l.page, "new_password=another+horse&re_new_password=another+horse").wantPage(200, "Your password is changed.")
		},
		"by JSON": func(m *mailbox, l link) {
			m.post("/auth/users/reset_password_confirm/", l.body("new_password", "another horse")).want(204, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t, httpapi.Config{}, func(c *auth.Config) { c.Limits = auth.LimitsOn })
			const signIn = `{"username":"alice","password":"another horse"}`
			m.post("/auth/users/reset_password/", aliceByAddress).want(204, "")
			confirm(m, m.link())
			for n := range m.svc.Policy().Limits.FailedLoginsPerAccount.Burst {
				_, err := m.svc.Login(t.Context(), auth.Client{Address: fmt.Sprintf("198.51.100.%d", n)}, auth.Login{Identifier: "alice", Password: secret.NewText("wrong")})
				if !errors.Is(err, auth.ErrBadCredentials) {
					t.Fatalf("guess %d: %v", n, err)
				}
			}
			if r := m.other().post("/auth/jwt/create/", signIn); r.status != 429 {
				t.Errorf("another browser: got %d %s, want 429", r.status, r.body)
			}
			m.post("/auth/jwt/create/", signIn).want(200, signedIn)
		})
	}
}
