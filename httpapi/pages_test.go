package httpapi_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// wantPage fails the test unless the answer is a page that says this and that.
func (r reply) wantPage(status int, texts ...string) reply {
	r.t.Helper()
	if r.status != status || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		r.t.Errorf("page: got %d %s, want %d, a page", r.status, r.header.Get("Content-Type"), status)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			r.t.Errorf("page does not say %q:\n%s", text, r.body)
		}
	}
	return r
}

const deadLink = "This link does not work any more."

// What people do with the links of their mails, without a line of script.
func TestPagesJourney(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{SiteName: "Site", SiteURL: mailSite}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	page := m.link().page
	m.get(page, "Accept", "text/html").wantPage(200, "<h1>Activate your account</h1>", "<button>Activate</button>", `<form method="post"`)
	m.post(page, "password=").wantPage(400, "This field may not be blank.")
	m.post(page, "password=correct+horse").wantPage(200, "You can sign in now.", `href="https://site.example"`).wantCookies()
	m.get(page).wantPage(400, deadLink)
	m.post(page, "password=correct+horse").wantPage(400, deadLink)
	bob := m.post("/auth/jwt/create/", `{"username":"bob","password":"correct horse"}`).want(200, signedIn).text("access")

	m.post("/auth/users/reset_password/", `{"email":"bob@example.com"}`).want(204, "")
	page = m.link().page
	m.get(page).wantPage(200, "<h1>Choose a new password</h1>", `autocomplete="new-password"`, `<label for="new_password">New password</label>`)
	m.post(page, "new_password=another+horse&re_new_password=x").wantPage(400, "The two password fields didn&#39;t match.", "<title>Error: ")
	m.post(page, "new_password=12345678&re_new_password=12345678").wantPage(400, "This password is too common.", `aria-invalid="true" aria-describedby="new_password-error"`)
	m.post(page, "new_password=").wantPage(400, "This field may not be blank.", "This field is required.")
	m.post(page, "new_password=another+horse&re_new_password=another+horse").wantPage(200, "Your password is changed.")
	m.post("/auth/jwt/create/", `{"username":"bob","password":"another horse"}`).want(200, signedIn)
	m.get("/auth/users/me/", "Authorization", "Bearer "+bob).want(401, notValid("Token is blacklisted"))

	m.post("/auth/users/reset_username/", `{"email":"bob@example.com"}`).want(204, "")
	page = m.link().page
	m.get(page).wantPage(200, "<h1>Choose how you sign in</h1>", `name="new_username"`)
	m.post(page, "new_username=alice").wantPage(400, taken)
	m.post(page, "new_username=robert").wantPage(200, "You can sign in with it now.")
	m.post("/auth/jwt/create/", `{"username":"robert","password":"another horse"}`).want(200, signedIn)
}

// A link that a mail program or a virus scanner follows is neither used up nor followed through (J11).
func TestFollowingALinkChangesNothing(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	activation := m.link()
	m.post("/auth/users/reset_password/", aliceByAddress)
	reset := m.link()
	for range 3 {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"} {
			m.call(method, activation.page, "")
			m.call(method, reset.page+"?new_password=another+horse&re_new_password=another+horse", "")
		}
	}
	bob, err := m.svc.User(t.Context(), "2")
	if err != nil || bob.IsActive || !bob.AwaitsActivation {
		t.Errorf("bob: got %+v, %v, want him waiting still", bob, err)
	}
	m.signIn()
	m.post("/auth/users/activation/", activation.body()).want(204, "")
	m.post(confirmPath, reset.body("new_password", anotherHorse)).want(204, "")
}

// What a page lets in and out.
func TestPageHeaders(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	r := m.get(m.resetLink().page).wantPage(200)
	r.wantHeader("Cache-Control", "no-store").wantHeader("X-Content-Type-Options", "nosniff").wantHeader("Referrer-Policy", "same-origin")
	r.wantHeader("Cross-Origin-Opener-Policy", "same-origin").wantHeader("Cross-Origin-Resource-Policy", "same-origin")
	policy := r.header.Get("Content-Security-Policy")
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`).MatchString(policy) {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	if found := regexp.MustCompile(`(?i)<script|\son[a-z]+=|javascript:|\sstyle=|https?://|<img|<link`).FindString(r.body); found != "" {
		t.Errorf("page has %q, which its own policy forbids, or which loads from elsewhere", found)
	}
	for _, text := range []string{"prefers-color-scheme: dark", `lang="en"`, `name="viewport"`, "min-height: 2.75rem"} {
		if !strings.Contains(r.body, text) {
			t.Errorf("page has no %q", text)
		}
	}
}

// Text in a link or a form comes back as text only (cross-site scripting).
func TestScriptInALink(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{SiteName: "<b>Site</b>"})
	m.undocumented = true // a path with slashes in it
	for _, path := range []string{"/auth/activate/%3Cscript%3E/%22%3E%3Cscript%3E/", "/auth/reset-password/MQ/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/auth/reset-identifier/%00/%ff/"} {
		for _, r := range []reply{m.get(path), m.post(path, "new_password=%3Cscript%3E&re_new_password=%3Cscript%3E&new_username=%3Cscript%3E")} {
			r.wantPage(400)
			if strings.Contains(r.body, "<script") || strings.Contains(r.body, "<b>") {
				t.Errorf("%s: markup came through:\n%s", path, r.body)
			}
		}
	}
	page := m.resetLink().page
	if r := m.post(page, "new_password=%22%3E%3Cscript%3E&re_new_password=x").wantPage(400); strings.Contains(r.body, "<script") {
		t.Errorf("a password came back as markup:\n%s", r.body)
	}
}

// Another site can neither use a link in a visitor's name nor frame the page.
func TestPageFromAnotherSite(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	page := m.resetLink().page
	body := "new_password=another+horse&re_new_password=another+horse"
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "", "Referer", "https://evil.example/"},
	} {
		m.post(page, body, headers...).wantPage(403, "CSRF Failed: ")
	}
	m.post(page, `{"new_password":"another horse"}`, "Content-Type", "text/plain").wantPage(415)
	m.signIn()
	m.post(page, body, "Sec-Fetch-Site", "same-origin").wantPage(200)
}

func TestPageByEmail(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, byEmail)
	m.post("/auth/users/reset_email/", aliceByAddress).want(204, "")
	page := m.link().page
	m.get(page).wantPage(200, `<label for="new_email">New email address</label>`, `type="email"`)
	m.post(page, "new_email=x").wantPage(400, badEmail)
	m.post(page, "new_email=al%40example.com").wantPage(200)
	m.post("/auth/jwt/create/", `{"email":"al@example.com","password":"`+alicePassword+`"}`).want(200, signedIn)
}

// When the store does not answer or too much was asked, the page says so, and the link stays good.
func TestPageUnderLimits(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, func(c *auth.Config) { c.Limits = auth.LimitsOn })
	for range 3 {
		m.post("/auth/users/reset_password/", aliceByAddress).want(204, "")
	}
	r := m.post("/auth/users/reset_password/", aliceByAddress)
	if r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("fourth mail: got %d %s, want 429", r.status, r.body)
	}
	// Nobody's address is limited alike (enumeration).
	for range 3 {
		m.post("/auth/users/reset_password/", `{"email":"nobody@example.com"}`).want(204, "")
	}
	if r := m.post("/auth/users/reset_password/", `{"email":"nobody@example.com"}`); r.status != 429 {
		t.Errorf("fourth mail to nobody: got %d, want 429", r.status)
	}
	m.get(m.link().page).wantPage(200)
}
