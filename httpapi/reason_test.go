package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// endings are the ways in which alice's session ends, by the reason that she is told. Each is handed her refresh and access tokens.
var endings = map[auth.EndReason]func(t *testing.T, f *frontEnd, refresh, access string) error{
	auth.EndedByLogout: func(t *testing.T, f *frontEnd, refresh, _ string) error {
		t.Helper()
		_, err := f.svc.Logout(t.Context(), auth.Client{}, secret.NewText(refresh))
		return err
	},
	auth.EndedByUser: func(_ *testing.T, f *frontEnd, _, _ string) error {
		access, _ := f.signIn()
		f.post("/auth/sessions/revoke_others/", "", "Authorization", "Bearer "+access).want(200, `{"ended":1}`)
		return nil
	},
	auth.EndedByOperator: func(t *testing.T, f *frontEnd, _, _ string) error {
		t.Helper()
		_, err := f.svc.RevokeSessions(t.Context(), auth.Client{}, f.alice.ID)
		return err
	},
	auth.EndedByPassword: func(t *testing.T, f *frontEnd, _, _ string) error {
		t.Helper()
		return f.svc.ResetPassword(t.Context(), auth.Client{}, f.alice.ID, secret.NewText("another horse 7"))
	},
	auth.EndedByDisable: func(t *testing.T, f *frontEnd, _, _ string) error {
		t.Helper()
		return f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID)
	},
	auth.EndedByDelete: func(_ *testing.T, f *frontEnd, _, access string) error {
		f.call("DELETE", "/auth/users/me/", `{"current_password":"`+alicePassword+`"}`, "Authorization", "Bearer "+access).want(204, "")
		return nil
	},
	auth.EndedAsEvicted: func(_ *testing.T, f *frontEnd, _, _ string) error {
		for range 2 {
			f.clock.Advance(time.Second)
			f.signIn()
		}
		return nil
	},
	auth.ExpiredIdle: func(_ *testing.T, f *frontEnd, _, _ string) error {
		f.clock.Advance(14 * 24 * time.Hour)
		return nil
	},
	auth.ExpiredAbsolute: func(_ *testing.T, f *frontEnd, _, _ string) error {
		f.clock.Advance(90 * 24 * time.Hour)
		return nil
	},
}

// Whoever holds a genuine token of a session that is over can always learn why.
func TestWhySignedOut(t *testing.T) {
	t.Parallel()
	for reason, end := range endings {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			f := newFrontEnd(t, httpapi.Config{}, func(c *auth.Config) { c.Policy = auth.DefaultPolicy(); c.Policy.MaxSessions = 2 })
			access, refresh := f.signIn()
			if err := end(t, f, refresh, access); err != nil {
				t.Fatal(err)
			}
			told := `"reason":"` + string(reason) + `"`
			const problem = "application/problem+json"
			wantReason(t, f.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`, "Accept", problem), told)
			if got := f.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`); got.status != 401 || strings.Contains(got.body, "reason") {
				t.Errorf("refresh in simplejwt's words: got %d %s, want nothing but them", got.status, got.body)
			}
			f.get("/auth/session/", "Cookie", "dev_refresh="+refresh).want(200, `{"authenticated":false,`+told+`}`)
			if strings.HasPrefix(string(reason), "expired") {
				return // an access token is over long before
			}
			wantReason(t, f.get("/auth/users/me/", "Accept", problem, "Authorization", "Bearer "+access), told)
			wantReason(t, f.get("/auth/sessions/", "Authorization", "Bearer "+access), told)
		})
	}
}

func wantReason(t *testing.T, got reply, told string) {
	t.Helper()
	if got.status != 401 || !strings.Contains(got.body, told) {
		t.Errorf("got %d %s, want 401 with %s", got.status, got.body, told)
	}
}

// Every reason is told by a test, but for those that others tell: a fork (TestSupersededAndCompromised) and rights (TestDemotion).
func TestEveryReasonIsTested(t *testing.T) {
	t.Parallel()
	for _, reason := range auth.EndReasons() {
		if _, ok := endings[reason]; !ok && reason != auth.EndedAsCompromised && reason != auth.RightsChanged {
			t.Errorf("%s has no test", reason)
		}
	}
}

// Who knows the id of a session but holds no token of it learns nothing of its end, nor whether it ever was (session oracle).
func TestStrangersLearnNoReason(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	_, refresh := f.signIn()
	if _, err := f.svc.RevokeSessions(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	master, err := secret.NewMaster(secret.Bytes(secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	otherKeys := token.NewRefreshKeys(master.Children("refresh-token"), authtest.Issuer)
	id, err := auth.ParseSessionID(claimsOf(t, refresh)["sid"].(string))
	if err != nil {
		t.Fatal(err)
	}
	forged := otherKeys.Sign(token.Refresh{SessionID: id, Subject: string(f.alice.ID), BornAt: f.clock.Now(), ExpiresAt: f.clock.Now().Add(time.Hour)})
	for name, text := range map[string]string{"forged": forged, "altered": refresh[:len(refresh)-2] + "AA", "none": "x"} {
		got := f.post("/auth/jwt/refresh/", `{"refresh":"`+text+`"}`, "Accept", "application/problem+json")
		if got.status != 401 || strings.Contains(got.body, "reason") || !strings.Contains(got.body, `"code":"token_not_valid"`) {
			t.Errorf("%s: got %d %s, want 401 and no reason", name, got.status, got.body)
		}
		f.get("/auth/session/", "Cookie", "dev_refresh="+text).want(200, `{"authenticated":false}`)
	}
}

// A token whose session went on without it is expired, and no more.
func TestExpiredTokenOfALivingSession(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{}).browser()
	first := f.cookie("dev_refresh", "/")
	for range 3 {
		f.clock.Advance(6 * 24 * time.Hour)
		f.refreshes()
	}
	f.post("/auth/jwt/refresh/", `{"refresh":"`+first+`"}`, "Accept", "application/problem+json").want(401, `{"type":"about:blank","title":"Unauthorized",`+
		`"status":401,"detail":"Token is expired","code":"token_expired","request_id":"<request>"}`)
}
