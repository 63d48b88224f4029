package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// doors are the operations that check a password, each with the methods by which it does; see otherRooms for the rest.
var doors = map[httpapi.Operation][]string{
	httpapi.OpLogin: {"POST"}, httpapi.OpSlidingLogin: {"POST"}, httpapi.OpTokenLogin: {"POST"}, httpapi.OpSetPassword: {"POST"},
	httpapi.OpSetIdentifier: {"POST"}, httpapi.OpAccount: {"DELETE"}, httpapi.OpUserByID: {"DELETE"},
}

// otherRooms are the operations that check none. Those of activation do where the policy says so, and are tried by TestGuessingAtAnActivationLink.
var otherRooms = []httpapi.Operation{
	httpapi.OpActivation, httpapi.OpVerifyEmail,
	httpapi.OpRefresh, httpapi.OpVerify, httpapi.OpBlacklist, httpapi.OpLogout, httpapi.OpMe, httpapi.OpCSRF, httpapi.OpSession, httpapi.OpClassicSession,
	httpapi.OpSlidingRefresh, httpapi.OpRegister, httpapi.OpSessions, httpapi.OpSessionByID, httpapi.OpRevokeOthers, httpapi.OpRevokeAll, httpapi.OpAPIRoot,
	httpapi.OpUsers, httpapi.OpResendActivation, httpapi.OpResetPassword, httpapi.OpResetPasswordConfirm, httpapi.OpResetIdentifier,
	httpapi.OpResetIdentifierConfirm, httpapi.OpTokenLogout, httpapi.OpProfile, httpapi.OpSignUp, httpapi.OpTokenSignUp,
}

// guessAt is a request that brings a password under every name that a route may know.
func guessAt(method, path, plain string) call {
	body := `{"username":"victim","email":"victim@example.com","password":"P","current_password":"P","old_password":"P","new_username":"victor",` +
		`"new_password":"another horse 8","re_new_password":"another horse 8","new_password1":"another horse 8","new_password2":"another horse 8"}`
	return call{method: method, path: path, body: strings.ReplaceAll(body, `"P"`, `"`+plain+`"`)}
}

// knock signs the victim in from elsewhere, and answers how to send a request as who holds his access token.
func knock(t *testing.T, s *site) (send func(c call) int, victim auth.User) {
	t.Helper()
	grant, err := s.svc.Login(t.Context(), auth.Client{Address: "203.0.113.9"}, auth.Login{Identifier: "victim", Password: secret.NewText(edgePassword)})
	if err != nil {
		t.Fatal(err)
	}
	return func(c call) int {
		c.path = strings.NewReplacer("{prefix}", "/auth/", "{login_field}", "username", "{id}", string(grant.User.ID)).Replace(c.path)
		c.header = headers("Authorization", "Bearer "+grant.Access.Reveal())
		return s.visitor().browse(c).Code
	}, grant.User
}

// TestSideDoors is the attack that guesses at one password through every route that takes one. All share one count and one kind of event
// (CVE-2026-9798).
func TestSideDoors(t *testing.T) {
	t.Parallel()
	for _, d := range httpapi.AllDialects() {
		for _, route := range d.Routes {
			methods, door := doors[route.Operation]
			if door == slices.Contains(otherRooms, route.Operation) {
				t.Errorf("%s: does it check a password? doors and otherRooms do not say, or both do", route.Operation)
			}
			for _, method := range methods {
				t.Run(d.Name+" "+method+" "+route.Path, func(t *testing.T) {
					t.Parallel()
					config := httpapi.Config{PublicURL: ownURL}
					if _, err := httpapi.DialectNamed(d.Name); err == nil {
						config.Dialects = []httpapi.Dialect{d}
					}
					tryDoor(t, config, method, route.Path)
				})
			}
		}
	}
}

func tryDoor(t *testing.T, config httpapi.Config, method, path string) {
	t.Helper()
	s := newSite(t, config, func(c *auth.Config) {
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.FailedLoginsPerSource = auth.Rate{Burst: 2, Interval: time.Minute}
	})
	send, victim := knock(t, s)
	if status := send(guessAt(method, path, "wrong horse 99")); status < 400 || status == http.StatusTooManyRequests {
		t.Fatalf("a wrong password: got %d, want a refusal", status)
	}
	events, err := s.store.Events(t.Context(), auth.EventQuery{UserID: victim.ID, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Kind != auth.EventLoginFailed {
		t.Errorf("event of the wrong password: got %v, %v, want %s", events, err, auth.EventLoginFailed)
	}
	front := guessAt(http.MethodPost, "/auth/jwt/create/", "wrong horse 99")
	if status := send(front); status != http.StatusUnauthorized {
		t.Errorf("a second one at the front door: got %d, want 401", status)
	}
	for _, c := range []call{guessAt(http.MethodPost, "/auth/jwt/create/", edgePassword), guessAt(method, path, edgePassword)} {
		if status := send(c); status != http.StatusTooManyRequests {
			t.Errorf("the right password at %s when the count is full: got %d, want 429", c.path, status)
		}
	}
	s.clock.Advance(time.Minute)
	if status := send(guessAt(method, path, edgePassword)); status >= 300 {
		t.Errorf("the right password after the wait: got %d, want a success", status)
	}
}

// The browser that signed in is known when it comes back signed out, and the page's stranger is not (lock-out), also through the dialects.
func TestDeviceCookie(t *testing.T) {
	t.Parallel()
	dialect, err := httpapi.DialectNamed("cookie")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, httpapi.Config{PublicURL: ownURL, Dialects: []httpapi.Dialect{dialect}}, func(c *auth.Config) {
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.FailedLoginsPerAccount = auth.Rate{Burst: 3, Interval: time.Hour}
		c.Policy.Limits.FailedLoginsPerSource = auth.Rate{Burst: 2, Interval: time.Hour}
	})
	for _, path := range []string{"/auth/login/", "/accounts/auth/login/"} {
		owner := s.visitor()
		if w := owner.browse(call{path: path, body: credentials("victim", edgePassword)}); w.Code != http.StatusOK || owner.jar["__Host-Http-device"] == "" {
			t.Fatalf("%s: got %d %s, cookies %v", path, w.Code, w.Body, owner.jar)
		}
		for name := range owner.jar {
			if name != "__Host-Http-device" {
				delete(owner.jar, name)
			}
		}
		for range 5 { // from the owner's own address
			s.visitor().browse(call{path: path, body: credentials("victim", "wrong horse 99")})
		}
		w := s.visitor().browse(call{path: path, body: credentials("victim", edgePassword)})
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: a stranger: got %d, Retry-After %q, want 429", path, w.Code, w.Header().Get("Retry-After"))
		}
		twice := owner.copy()
		if w := twice.send(call{path: path, body: credentials("victim", edgePassword), header: headers("Origin", s.url, "Sec-Fetch-Site", "same-origin",
			"Cookie", "__Host-Http-device=x; __Host-Http-device="+owner.jar["__Host-Http-device"])}); w.Code != http.StatusTooManyRequests {
			t.Errorf("%s: a device cookie that was sent twice (cookie tossing): got %d, want 429", path, w.Code)
		}
		if w := owner.browse(call{path: path, body: credentials("victim", edgePassword)}); w.Code != http.StatusOK {
			t.Errorf("%s: the owner: got %d %s, want 200", path, w.Code, w.Body)
		}
		s.clock.Advance(5 * time.Hour)
	}
}
