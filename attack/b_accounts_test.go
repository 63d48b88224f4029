package attack_test

import (
	"maps"
	"net/http"
	"testing"
)

func TestB17PasswordChange(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	elsewhere := v.again()
	v.call("POST", "/auth/users/reset_password/", fields("email", v.email)).want(t, http.StatusNoContent)
	uid, token := v.link("reset-password")
	v.browse("POST", "/auth/users/set_password/", fields("current_password", password, "new_password", other)).want(t, http.StatusNoContent, http.StatusOK)
	elsewhere.me(elsewhere.access).want(t, http.StatusUnauthorized)
	elsewhere.refresh().want(t, http.StatusUnauthorized)
	v.call("POST", "/auth/users/reset_password_confirm/", fields("uid", uid, "token", token, "new_password", password)).want(t, http.StatusBadRequest, http.StatusForbidden)
	v.newBrowser().signIn().want(t, http.StatusUnauthorized).noTokens(t)
	v.refresh().want(t, http.StatusOK)
}

func TestB18Reset(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	elsewhere := v.again()
	v.call("POST", "/auth/users/reset_password/", fields("email", v.email)).want(t, http.StatusNoContent)
	uid, token := v.link("reset-password")
	got := v.call("POST", "/auth/users/reset_password_confirm/", fields("uid", uid, "token", token, "new_password", other)).want(t, http.StatusNoContent)
	got.noTokens(t)
	for _, device := range []*person{v, elsewhere} {
		device.me(device.access).want(t, http.StatusUnauthorized)
		device.refresh().want(t, http.StatusUnauthorized)
	}
	v.newBrowser().signIn().want(t, http.StatusUnauthorized)
}

func TestB19DisabledUser(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	wrong := v.newBrowser()
	wrong.password = other
	before := wrong.signIn().want(t, http.StatusUnauthorized)
	h.operate(t, "", "user", "disable", v.id)
	v.until("the other process to hear of it", func() bool { return v.me(v.access).status == http.StatusUnauthorized })
	v.exchange(v.refreshToken()).want(t, http.StatusUnauthorized).noTokens(t)
	v.refresh().want(t, http.StatusUnauthorized).noTokens(t)
	same(t, "a disabled user's right password", v.newBrowser().signIn(), before)
	v.call("POST", "/auth/users/resend_activation/", fields("email", v.email)).want(t, http.StatusNoContent)
	v.settle()
	if got := v.mailsTo(v.email); len(got) != 0 {
		t.Errorf("a disabled user is mailed a way back in: %v", got)
	}
}

func TestB20DeletedAndRecreated(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	old := v.clone()
	v.browse("DELETE", "/auth/users/me/", fields("current_password", password)).want(t, http.StatusNoContent)
	u := h.stranger(t)
	u.email = v.email
	got := u.call("POST", "/auth/users/", fields("email", u.email, "password", u.password)).want(t, http.StatusCreated)
	uid, token := u.link("activate")
	u.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token)).want(t, http.StatusNoContent)
	u.signIn().want(t, http.StatusOK)
	if got.text("id") == v.id || u.me(u.access).text("id") == v.id {
		t.Error("the id was given again")
	}
	old.me(old.access).want(t, http.StatusUnauthorized)
	old.exchange(old.refreshToken()).want(t, http.StatusUnauthorized)
	old.refresh().want(t, http.StatusUnauthorized)
}

func TestB23Fixation(t *testing.T) {
	t.Parallel()
	h := common(t)
	a, v := h.member(t), h.member(t).newBrowser()
	before := v.browse("GET", "/auth/csrf/", "").text("token")
	maps.Copy(v.jar, a.jar)
	planted := v.clone()
	v.csrf = a.csrf
	v.signIn().want(t, http.StatusOK)
	for name, value := range planted.jar {
		if v.jar[name] == value && name != "__Host-Http-device" && name != "__Host-signed_in" { // the first opens nothing, the other says 1 to everybody
			t.Errorf("the cookie %s is the attacker's still", name)
		}
	}
	if v.csrf == a.csrf || v.csrf == before {
		t.Error("the CSRF token is the old one")
	}
	if v.me(v.access).text("id") != v.id {
		t.Error("signed in as somebody else")
	}
	for _, csrf := range []string{a.csrf, before} {
		v.clone().browse("POST", "/auth/refresh/", "", "X-CSRFToken", csrf).want(t, http.StatusForbidden)
	}
	if a.refresh(); a.me(a.access).text("id") == v.id {
		t.Error("the attacker's copy became the victim's session")
	}
}
