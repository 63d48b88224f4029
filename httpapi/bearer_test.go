package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func quote(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// refusedToken is what simplejwt's views answer to a token in a body.
func refusedToken(detail string) string {
	return `{"detail":"` + detail + `","code":"token_not_valid"}`
}

// notValid is what simplejwt's authenticator answers to an access token.
func notValid(message string) string {
	return `{"detail":"Given token not valid for any token type","code":"token_not_valid",` +
		`"messages":[{"token_class":"AccessToken","token_type":"access","message":"` + message + `"}]}`
}

// Using an access token: simplejwt's answers, with the differences that are wanted.
func TestUsingAnAccessToken(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, refresh := f.signIn()
	made := func(changes map[string]any) string { return "Bearer " + forge(t, access, []byte(hs256Secret), changes) }
	const (
		aliceMe   = `{"email":"alice@example.com","id":1,"username":"alice"}`
		badHeader = `{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}`
	)
	future := f.clock.Now().Add(time.Hour).Unix()
	for _, c := range []struct {
		name, header string
		status       int
		want         string
		differs      string
	}{
		{name: "good", header: "Bearer " + access, status: 200, want: aliceMe},
		{name: "djoser's word", header: "JWT " + access, status: 200, want: aliceMe, differs: "both words are accepted by default"},
		{name: "lower case", header: "bearer " + access, status: 200, want: aliceMe, differs: "RFC 9110 section 11.1: the word is not case-sensitive"},
		{name: "good, signed again", header: made(nil), status: 200, want: aliceMe},
		{name: "none", header: "", status: 401, want: anonymous},
		{name: "another word", header: "Basic YWxpY2U6eA==", status: 401, want: anonymous},
		{name: "a token without a word", header: access, status: 401, want: anonymous},
		{name: "word alone", header: "Bearer", status: 401, want: badHeader},
		{name: "three parts", header: "Bearer " + access + " x", status: 401, want: badHeader},
		{name: "garbage", header: "Bearer x", status: 401, want: notValid("Token is invalid")},
		{name: "wrong key", header: "Bearer " + forge(t, access, []byte("another key"), nil), status: 401, want: notValid("Token is invalid")},
		{name: "algorithm none", header: "Bearer " + unsigned(access), status: 401, want: notValid("Token is invalid")},
		{name: "refresh token", header: "Bearer " + refresh, status: 401, want: notValid("Token has wrong type")},
		{name: "other type", header: made(map[string]any{"token_type": "reset"}), status: 401, want: notValid("Token has wrong type")},
		{name: "no type", header: made(map[string]any{"token_type": nil}), status: 401, want: notValid("Token has no type")},
		{name: "no id", header: made(map[string]any{"jti": nil}), status: 401, want: notValid("Token has no id")},
		{name: "no expiry", header: made(map[string]any{"exp": nil}), status: 401, want: notValid("Token has no 'exp' claim")},
		{name: "expired", header: made(map[string]any{"exp": f.clock.Now().Unix(), "iat": f.clock.Now().Unix() - 60}), status: 401, want: notValid("Token is expired")},
		{name: "from the future", header: made(map[string]any{"iat": future, "exp": future + 60}), status: 401, want: notValid("Token is invalid")},
		{name: "expiry as text", header: made(map[string]any{"exp": "9999999999"}), status: 401, want: notValid("Token is invalid")},
		{
			name: "no user", header: made(map[string]any{"user_id": nil}), status: 401,
			want: refusedToken("Token contained no recognizable user identification"),
		},
		{name: "user of wrong type", header: made(map[string]any{"user_id": 1, "sub": 1}), status: 401, want: notValid("Token is invalid"), differs: "theirs is a 500"},
		{
			name: "user is gone", header: made(map[string]any{"user_id": "99", "sub": "99", "sid": strings.Repeat("0", 32)}), status: 401,
			want: `{"detail":"User not found","code":"user_not_found"}`,
		},
		{
			name: "somebody else's session", header: made(map[string]any{"user_id": "99", "sub": "99"}), status: 401, want: notValid("Token is invalid"),
			differs: "theirs has no sessions",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.on(t).get("/auth/users/me/", "Authorization", c.header).want(c.status, c.want)
			if c.status == http.StatusUnauthorized {
				r.wantHeader("WWW-Authenticate", challenge)
			}
		})
	}
}

// A disabled user's tokens are dead at once, and say why; so do those that a service elsewhere might still make for him.
func TestUsingAnAccessTokenOfADisabledUser(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.get("/auth/users/me/", "Authorization", "Bearer "+access).want(401, `{"detail":"User is inactive","code":"user_inactive"}`)
	later := f.clock.Advance(5 * time.Second).Unix()
	newer := forge(t, access, []byte(hs256Secret), map[string]any{"iat": later, "exp": later + 60})
	f.get("/auth/users/me/", "Authorization", "Bearer "+newer).want(401, `{"detail":"User is inactive","code":"user_inactive"}`).wantHeader("WWW-Authenticate", challenge)
}

// Two headers are two opinions of who asks.
func TestTwoAuthorizationHeaders(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	f.header = http.Header{"Authorization": {"Bearer " + access, "Bearer " + access}}
	f.get("/auth/users/me/").want(401, `{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}`)
}

func TestOtherHeaderWords(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{HeaderWords: []string{"JWT"}})
	access, _ := f.signIn()
	f.get("/auth/users/me/", "Authorization", "JWT "+access).want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
	f.get("/auth/users/me/", "Authorization", "Bearer "+access).want(401, anonymous).wantHeader("WWW-Authenticate", `JWT realm="api"`)
}
