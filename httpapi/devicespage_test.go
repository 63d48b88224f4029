package httpapi_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

var formToken = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([A-Za-z0-9]{64})"`)

// openDevices is a browser that has signed in and opened the page, with the CSRF token of its forms.
func openDevices(t *testing.T) (f *frontEnd, csrf string) {
	t.Helper()
	f = newFrontEnd(t, httpapi.Config{SiteURL: "https://www.example.com", Places: func(string) string { return "Oslo, Norway" }}).browser()
	f.header = map[string][]string{"User-Agent": {firefoxLinux}}
	found := formToken.FindStringSubmatch(f.get("/auth/devices/").wantPage(200, "Your devices", "this device", "Oslo, Norway, or near it").body)
	if found == nil {
		t.Fatal("the page has no CSRF token")
	}
	return f, found[1]
}

func form(csrf, action, session, label string) string {
	fields := url.Values{"csrfmiddlewaretoken": {csrf}, "action": {action}}
	if session != "" { // the forms of the page have those fields only that they need
		fields.Set("session", session)
	}
	if action == "rename" {
		fields.Set("label", label)
	}
	return fields.Encode()
}

func TestDevicesPage(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	f.clock.Advance(time.Minute)
	other := f.other()
	other.header = map[string][]string{"User-Agent": {chromePhone}}
	other.browser()
	id := other.sessionID().String()
	f.get("/auth/devices/").wantPage(200, "Chrome on Android", "1 January 2026, 12:01 UTC", id)
	f.post("/auth/devices/", form(csrf, "rename", id, "Al's phone")).wantPage(200, "The name is changed.", "<h2>Al&#39;s phone</h2>")
	f.post("/auth/devices/", form(csrf, "rename", id, strings.Repeat("x", 101))).wantPage(400, "100 characters")
	f.post("/auth/devices/", form(csrf, "end", id, "")).wantPage(200, "The device is signed out.")
	other.post("/auth/refresh/", "").want(401, `{"detail":"Token is blacklisted","code":"token_not_valid","reason":"ended_by_user"}`)
	f.post("/auth/devices/", form(csrf, "end", id, "")).wantPage(404, "signed out already", "this device")
	other.header = nil
	other.browser()
	f.post("/auth/devices/", form(csrf, "others", "", "")).wantPage(200, "All other devices are signed out.")
	if list, err := f.svc.SessionsOf(t.Context(), f.alice.ID); err != nil || len(list) != 1 {
		t.Errorf("after the others are out: got %d sessions, %v; want 1", len(list), err)
	}
	f.post("/auth/devices/", form(csrf, "dance", f.sessionID().String(), "")).wantPage(400)
	f.call("PUT", "/auth/devices/", "").wantPage(405)
	f.post("/auth/devices/", form(csrf, "all", "", "")).wantPage(200, "Every device is signed out").wantCookies(clearedRefresh, clearedCSRF)
	f.get("/auth/devices/").wantPage(401, "You are signed out", `href="https://www.example.com"`)
}

func TestDevicesPageEndsItsOwnSession(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	f.post("/auth/devices/", form(csrf, "end", f.sessionID().String(), "")).wantPage(200, "This device is signed out.").wantCookies(clearedRefresh, clearedCSRF)
	f.get("/auth/devices/").wantPage(401, "You are signed out")
}

// A page of somebody else's must neither act through the forms nor lie over them (CSRF, clickjacking).
func TestDevicesPageAttackedFromOutside(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	id := f.sessionID().String()
	for _, action := range []string{"rename", "end", "others", "all"} {
		for name, c := range map[string]struct {
			csrf    string
			headers []string
		}{
			"no token":        {"", nil},
			"another's token": {strings.Repeat("a", 64), nil},
			"foreign origin":  {csrf, []string{"Origin", "https://evil.example"}},
			"null origin":     {csrf, []string{"Origin", "null"}},
			"cross-site":      {csrf, []string{"Sec-Fetch-Site", "cross-site"}},
		} {
			if got := f.post("/auth/devices/", form(c.csrf, action, id, "pwned"), c.headers...); got.status != 403 || strings.Contains(got.body, id) {
				t.Errorf("%s, %s: got %d, want 403 without the list", action, name, got.status)
			}
		}
	}
	f.get("/auth/devices/?action=all&session="+id).wantPage(200, "this device") // GET changes nothing
	page := f.get("/auth/devices/")
	for _, want := range []string{"frame-ancestors 'none'", "default-src 'none'", "form-action 'self'", "base-uri 'none'"} {
		if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy: got %q, want %q in it", policy, want)
		}
	}
	page.wantHeader("Cache-Control", "no-store").wantHeader("Referrer-Policy", "same-origin")
	if strings.Contains(page.body, "pwned") {
		t.Error("a refused form renamed the device")
	}
}

// Another's session is one that does not exist, and lives on (I16).
func TestDevicesPageForeignSession(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	f.post("/auth/users/", `{"username":"mallory","email":"m@example.com","password":"correct horse 9"}`)
	m := f.other()
	m.origin = f.origin
	login := m.post("/auth/login/", `{"username":"mallory","password":"correct horse 9"}`)
	victim := m.sessionID()
	if login.status != 200 {
		t.Fatalf("login: got %d %s", login.status, login.body)
	}
	for _, id := range []string{victim.String(), strings.Repeat("0", 32), "x", ""} {
		for _, action := range []string{"rename", "end"} {
			f.post("/auth/devices/", form(csrf, action, id, "pwned")).wantPage(404, "signed out already")
		}
	}
	if why, err := f.svc.WhySession(t.Context(), victim); err != nil || !why.Live || why.Session.Label != "" {
		t.Errorf("the other's session: got %+v, %v; want it alive and unnamed", why.Session, err)
	}
}

// Names and User-Agents are strangers' text: neither may become a part of the page (XSS).
func TestDevicesPageEscapes(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	const attack = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	got := f.post("/auth/devices/", form(csrf, "rename", f.sessionID().String(), attack))
	if got.status != 200 || strings.Contains(got.body, "<script") || strings.Contains(got.body, "<img") {
		t.Errorf("label: got %d %s", got.status, got.body)
	}
	other := f.other()
	other.header = map[string][]string{"User-Agent": {attack + " Firefox/145.0"}}
	other.browser()
	if got := f.get("/auth/devices/"); strings.Contains(got.body, "<script") || strings.Contains(got.body, "onerror=alert(2)>\n") {
		t.Errorf("user agent: got %s", got.body)
	}
}

// A refresh token that was spent long ago ends no session but its own (stolen token).
func TestDevicesPageWithASpentToken(t *testing.T) {
	t.Parallel()
	f, csrf := openDevices(t)
	spent := f.cookie("dev_refresh", "/")
	for range 3 {
		f.clock.Advance(time.Minute)
		f.header.Set("X-Csrftoken", csrf)
		f.refreshes()
	}
	f.clock.Advance(time.Hour)
	owner := f.other().browser()
	thief := f.other()
	thief.header = map[string][]string{"Cookie": {"dev_refresh=" + spent + "; csrftoken=" + f.cookie("csrftoken", "/")}}
	thief.post("/auth/devices/", form(csrf, "others", "", "")).wantPage(401, "You are signed out")
	owner.refreshes()
}

// A link from a mail arrives without SameSite=Strict cookies: the page asks for itself once more, and once only.
func TestDevicesPageFromALink(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	f.get("/auth/devices/", "Sec-Fetch-Site", "cross-site").wantPage(200, `<meta http-equiv="refresh" content="0; url=?again">`)
	f.get("/auth/devices/?again", "Sec-Fetch-Site", "cross-site").wantPage(401, "You are signed out")
	f.get("/auth/devices/").wantPage(401, "You are signed out")
}
