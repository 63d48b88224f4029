package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func nonField(message string) string { return `{"non_field_errors":["` + message + `"]}` }

// One token, which the page exchanges while it lives, for 7 days after the sign-in.
func TestDRFJWTJourney(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "drf-jwt"))
	const oneToken = `{"token":"<jwt>"}`
	f.post("/auth/get-token/", `{"username":"alice","password":"wrong"}`).want(400, nonField("Unable to log in with provided credentials.")).wantHeader("WWW-Authenticate", "")
	f.post("/auth/get-token/", `{}`).want(400, `{"username":["This field is required."],"password":["This field is required."]}`)
	token := f.post("/auth/get-token/", aliceLogsIn).want(200, oneToken).wantCookies().text("token")
	signedInAt := number(t, token, "orig_iat")
	if signedInAt != f.clock.Now().Unix() {
		t.Errorf("orig_iat: got %d, want %d", signedInAt, f.clock.Now().Unix())
	}
	f.get("/auth/users/me/", "Authorization", "JWT "+token).want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
	f.post("/auth/verify-token/", `{"token":"`+token+`"}`).want(200, oneToken)

	for range 3 {
		f.clock.Advance(4 * time.Minute)
		older := token
		token = f.post("/auth/refresh-token/", `{"token":"`+token+`"}`).want(200, oneToken).text("token")
		if number(t, token, "orig_iat") != signedInAt || number(t, token, "exp") != number(t, older, "exp")+240 {
			t.Errorf("refreshed token says %v, after %v", claimsOf(t, token), claimsOf(t, older))
		}
	}
	if body := f.post("/auth/verify-token/", `{"token":"`+token+`"}`).body; body != `{"token":"`+token+`"}` {
		t.Errorf("verify: got %s, want the token itself", body)
	}

	// Once it is over it cannot be refreshed any more: the page signs in again.
	f.clock.Advance(5 * time.Minute)
	f.post("/auth/verify-token/", `{"token":"`+token+`"}`).want(400, nonField("Signature has expired."))
	f.post("/auth/refresh-token/", `{"token":"`+token+`"}`).want(400, nonField("Signature has expired."))
	f.get("/auth/users/me/", "Authorization", "JWT "+token).want(401, notValid("Token is expired"))
}

func number(t *testing.T, jwt, claim string) int64 {
	t.Helper()
	n, err := claimsOf(t, jwt)[claim].(json.Number).Int64()
	if err != nil {
		t.Fatalf("%s: %v", claim, err)
	}
	return n
}

func TestDRFJWTRefusals(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "drf-jwt"))
	token := f.post("/auth/get-token/", aliceLogsIn).text("token")
	access, refresh := f.signIn()
	week := int64(7 * 24 * 3600)
	original := func(at int64) string { return forge(t, token, []byte(hs256Secret), map[string]any{"orig_iat": at}) }
	for _, c := range []struct{ name, path, token, want string }{
		{"garbage", "refresh-token", "x", "Error decoding signature."},
		{"garbage to verify", "verify-token", "x", "Error decoding signature."},
		{"wrong key", "refresh-token", forge(t, token, []byte("another key"), nil), "Error decoding signature."},
		{"algorithm none", "verify-token", unsigned(token), "Error decoding signature."},
		{"access token", "refresh-token", access, "Error decoding signature."},
		{"refresh token", "refresh-token", refresh, "Error decoding signature."},
		{"seven days after the sign-in", "refresh-token", original(f.clock.Now().Unix() - week), "Refresh has expired."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.on(t).post("/auth/"+c.path+"/", `{"token":"`+c.token+`"}`).want(400, nonField(c.want))
		})
	}
	f.post("/auth/refresh-token/", `{"token":"`+original(f.clock.Now().Unix()-week+1)+`"}`).want(200, `{"token":"<jwt>"}`)
	f.post("/auth/refresh-token/", `{}`).want(400, `{"token":["This field is required."]}`)
}

// The old package could take nothing back: a token worked until it expired, whatever happened to its user.
func TestDRFJWTRevocation(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "drf-jwt"))
	token := f.post("/auth/get-token/", aliceLogsIn).text("token")
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.post("/auth/refresh-token/", `{"token":"`+token+`"}`).want(400, nonField("User account is disabled."))
	f.post("/auth/verify-token/", `{"token":"`+token+`"}`).want(400, nonField("User account is disabled."))
	f.get("/auth/users/me/", "Authorization", "JWT "+token).want(401, `{"detail":"User is inactive","code":"user_inactive"}`)
	f.post("/auth/get-token/", aliceLogsIn).want(400, nonField("Unable to log in with provided credentials."))
	f.post("/auth/get-token/", `{"username":"alice","password":"wrong"}`).want(400, nonField("Unable to log in with provided credentials."))
}

// A token of 14 days that can be refreshed for 7 is what many old settings have. It does not start, and the reason is said.
func TestDRFJWTTokenThatOutlivesItsWindow(t *testing.T) {
	t.Parallel()
	svc := authtest.NewService(t, authtest.SQLite(t), authtest.NewClock())
	for name, c := range map[string]struct {
		lifetime, window time.Duration
		want             string
	}{
		"14 days, refreshed for 7": {14 * 24 * time.Hour, 7 * 24 * time.Hour, "dialect drf-jwt: sliding: lifetime 336h0m0s outlives the refresh window of 168h0m0s"},
		"a day":                    {24 * time.Hour, 7 * 24 * time.Hour, "sliding: lifetime 24h0m0s: must be at most 15m0s"},
		"nothing":                  {0, 0, "sliding: lifetime and window must be positive"},
	} {
		d, err := httpapi.DialectNamed("drf-jwt")
		if err != nil {
			t.Fatal(err)
		}
		d.Sliding.Lifetime, d.Sliding.Window = c.lifetime, c.window
		if _, err := httpapi.New(svc, httpapi.Config{Dialects: []httpapi.Dialect{d}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
