package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// cookieCases are cases 81 to 96: when the cookie is sent, and how.
func cookieCases() []djangoCase {
	return []djangoCase{
		{numbers: "81", name: "page that uses no token, no cookie", ours: "same", check: checkNoToken},
		{numbers: "82", name: "page that uses the token, no cookie", ours: "same", check: checkFirstToken},
		{numbers: "83,87", name: "page that uses the token, and an accepted POST", ours: "same", check: checkSameSecret},
		{numbers: "84", name: "masked cookie is sent bare", ours: "same", check: checkMaskedCookie},
		{numbers: "85", name: "page that uses no token, cookie bare or masked", ours: "same", check: checkCookieLeftAlone},
		{numbers: "86", name: "malformed cookie", ours: "same, on routes that use the token; others leave it alone", check: checkMalformedCookie},
		{numbers: "88", name: "sign-in makes a new secret", ours: "same", check: checkNewSecret},
		{numbers: "89", name: "one cookie per answer", ours: "same", check: checkOneCookie},
		{numbers: "90", name: "life", ours: "no setting: 364 days when asked for, the session's life after a sign-in", check: checkCookieLife},
		{numbers: "91", name: "name and flags", ours: "decided by the deployment, so that they cannot be wrong", check: checkCookieFlags},
		{
			numbers: "92-94", name: "session storage", check: checkNothingStored,
			ours: "there is none: the secret lives in the cookie alone, so nothing can be missing or saved",
		},
		{numbers: "95", name: "404 page", ours: "ours use no token; a page that asks twice gets one secret", check: checkSecretKept},
		{numbers: "96", name: "shape of refusals", ours: "same, with our machine code beside it", check: checkRefusalShape},
	}
}

func checkNoToken(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	delete(v.jar, "csrftoken")
	wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
}

func checkFirstToken(t *testing.T, s *site, _ *visitor) {
	t.Helper()
	w := s.visitor().get("/auth/csrf/")
	cookie := wantCSRFCookies(t, w, 1)
	if bare, ok := httpapi.UnmaskCSRF(decode(t, w)["token"].(string)); !ok || len(cookie.Value) != 32 || bare != cookie.Value {
		t.Errorf("token unmasks to %q, cookie is %q", bare, cookie.Value)
	}
}

func checkSameSecret(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	before := v.jar["csrftoken"]
	w := v.get("/auth/csrf/")
	bare, _ := httpapi.UnmaskCSRF(decode(t, w)["token"].(string))
	if cookie := wantCSRFCookies(t, w, 1); cookie.Value != before || bare != before {
		t.Errorf("cookie: got %q and a token of %q, want %q again", cookie.Value, bare, before)
	}
	if v.browse(call{path: "/auth/refresh/"}); v.jar["csrftoken"] != before {
		t.Errorf("after a POST: got %q, want %q again", v.jar["csrftoken"], before)
	}
}

func checkMaskedCookie(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	before := v.jar["csrftoken"]
	v.jar["csrftoken"] = httpapi.MaskCSRF(before)
	if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); cookie.Value != before {
		t.Errorf("cookie: got %q, want %q", cookie.Value, before)
	}
}

func checkCookieLeftAlone(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
	v.jar["csrftoken"] = httpapi.MaskCSRF(v.jar["csrftoken"])
	wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
}

func checkMalformedCookie(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	for _, bad := range []string{"badvalue", strings.Repeat("a", 100_000), strings.Repeat("*", 32)} {
		v.jar["csrftoken"] = bad
		if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); len(cookie.Value) != 32 || cookie.Value == bad {
			t.Errorf("cookie: got %q, want a new secret", cookie.Value)
		}
	}
}

func checkNewSecret(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	before := v.jar["csrftoken"]
	if v.login("victim"); v.jar["csrftoken"] == before {
		t.Error("the secret is still the same (fixation)")
	}
}

func checkOneCookie(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	w := v.browse(call{path: "/auth/login/", body: credentials("victim", edgePassword)})
	wantCSRFCookies(t, w, 1)
}

func checkCookieLife(t *testing.T, s *site, v *visitor) {
	t.Helper()
	if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); cookie.MaxAge != 31449600 {
		t.Errorf("Max-Age: got %d, want 364 days", cookie.MaxAge)
	}
	w := v.browse(call{path: "/auth/login/", body: credentials("victim", edgePassword)})
	if cookie, want := wantCSRFCookies(t, w, 1), int(s.svc.Policy().SessionIdle.Seconds()); cookie.MaxAge != want {
		t.Errorf("Max-Age: got %d, want the session's %d", cookie.MaxAge, want)
	}
	w = v.browse(call{path: "/auth/login/", body: strings.Replace(credentials("victim", edgePassword), "true", "false", 1)})
	if cookie := wantCSRFCookies(t, w, 1); cookie.MaxAge != 0 {
		t.Errorf("Max-Age: got %d, want none: until the browser closes", cookie.MaxAge)
	}
}

func checkCookieFlags(t *testing.T, s *site, v *visitor) {
	t.Helper()
	cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1)
	if want := "csrftoken=" + cookie.Value + "; Path=/; Max-Age=31449600; SameSite=Lax"; withoutExpires(t, cookie.Raw, s.clock.Now()) != want {
		t.Errorf("Set-Cookie: got %q, want %q and Expires", cookie.Raw, want)
	}
}

func checkNothingStored(t *testing.T, s *site, v *visitor) {
	t.Helper()
	before := s.digest()
	s.visitor().get("/auth/csrf/")
	v.get("/auth/csrf/")
	s.unchanged(t, before)
}

func checkSecretKept(t *testing.T, s *site, _ *visitor) {
	t.Helper()
	v := s.visitor()
	wantCSRFCookies(t, v.get("/nowhere/"), 0)
	first := wantCSRFCookies(t, v.get("/auth/csrf/"), 1)
	if second := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); first.Value != second.Value {
		t.Errorf("secrets: got %q, then %q", first.Value, second.Value)
	}
}

func checkRefusalShape(t *testing.T, _ *site, v *visitor) {
	t.Helper()
	w := v.send(call{path: "/auth/refresh/", header: headers("Origin", devURL)})
	const want = `{"detail":"CSRF Failed: CSRF token missing.","code":"csrf_failed"}`
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusForbidden || got != "application/json" || w.Body.String() != want {
		t.Errorf("got %d %s %s, want 403 application/json %s", w.Code, got, w.Body, want)
	}
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	v.t.Helper()
	return v.send(call{method: http.MethodGet, path: path})
}

// wantCSRFCookies wants the CSRF cookie so many times in an answer, and answers the last.
func wantCSRFCookies(t *testing.T, w *httptest.ResponseRecorder, want int) *http.Cookie {
	t.Helper()
	var found []*http.Cookie
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == "csrftoken" {
			found = append(found, cookie)
		}
	}
	if len(found) != want {
		t.Fatalf("answer %d sets the CSRF cookie %d times, want %d", w.Code, len(found), want)
	}
	if want == 0 {
		return nil
	}
	return found[want-1]
}
