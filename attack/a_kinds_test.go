package attack_test

import (
	"crypto/elliptic"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestA09KeyByURL(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	attacker := newSigner(t, elliptic.P256())
	var asked atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Write([]byte(`{"keys":[` + attacker.jwk().with("kid", "attacker").json() + `]}`))
	}))
	defer listener.Close()
	claims := longer(decode(t, f.claims)).json()
	for _, head := range []object{attacker.header(), f.key.header()} {
		for _, member := range []string{"jku", "x5u"} {
			for _, url := range []string{listener.URL + "/jwks.json", "file:///etc/passwd", "//" + strings.TrimPrefix(listener.URL, "http://"), "//x"} {
				f.refused(member+" "+url, attacker.sign(head.with(member, url).json(), claims))
				f.refused("ours, "+member+" "+url, f.key.sign(head.with(member, url).json(), claims))
			}
		}
		f.refused("x5c", attacker.sign(head.with("x5c", []string{"MIIB"}).json(), claims))
		f.refused("x5t", attacker.sign(head.with("x5t", "AAAA", "x5t#S256", "AAAA").json(), claims))
		f.refused("crit", f.key.sign(head.with("crit", []string{"exp"}).json(), claims))
		f.refused("empty crit", f.key.sign(f.key.header().with("crit", []string{}).json(), claims))
	}
	if n := asked.Load(); n != 0 { // a verifier that fetched would have fetched before it answered
		t.Errorf("the server asked the attacker's for a key %d times", n)
	}
}

// Tokens of all kinds that a person gets are tried in every other place.
func TestA23KindConfusion(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := longer(decode(t, f.claims))
	f.me(f.refreshToken()).want(t, http.StatusUnauthorized).noTokens(t)
	inCookie := f.clone()
	inCookie.jar["__Host-Http-access"] = f.refreshToken()
	inCookie.browse("GET", "/auth/users/me/", "").want(t, http.StatusUnauthorized).noTokens(t)
	f.refused("a CSRF token", f.csrf)
	f.refused("a device cookie", f.jar["__Host-Http-device"])
	for name, token := range map[string]string{
		"token_type refresh": f.key.sign(f.key.header().json(), claims.with("token_type", "refresh").json()),
		"no token_type":      f.key.sign(f.key.header().json(), claims.with("token_type", nil).json()),
		"typ JWT":            f.key.sign(f.key.header().with("typ", "JWT").json(), claims.json()),
		"typ rt+jwt":         f.key.sign(f.key.header().with("typ", "rt+jwt").json(), claims.json()),
		"no typ":             f.key.sign(f.key.header().with("typ", nil).json(), claims.json()),
		"an id token":        f.key.sign(f.key.header().with("typ", "JWT").json(), claims.with("token_type", nil, "nonce", "1", "aud", "app").json()),
	} {
		f.refused(name, token)
	}
	u := f.unverified(t)
	uid, activation := u.link("activate")
	f.refused("an activation token", activation)
	u.call("POST", "/auth/users/reset_password_confirm/", fields("uid", uid, "token", activation, "new_password", other)).want(t, http.StatusBadRequest)
	f.call("POST", "/auth/users/reset_password/", fields("email", f.email)).want(t, http.StatusNoContent)
	uid, reset := f.link("reset-password")
	f.refused("a reset token", reset)
	f.call("POST", "/auth/users/activation/", fields("uid", uid, "token", reset)).want(t, http.StatusBadRequest, http.StatusForbidden)
	for _, wrong := range []string{f.access, reset, activation, f.csrf, f.jar["__Host-Http-device"]} {
		f.exchange(wrong).want(t, http.StatusUnauthorized).noTokens(t)
		thief := f.clone()
		thief.jar["__Host-Http-refresh"] = wrong
		thief.refresh().want(t, http.StatusUnauthorized, http.StatusForbidden).noTokens(t)
	}
	f.me(f.access).want(t, http.StatusOK)
}
