package httpapi_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	malloryRegisters = `{"username":"mallory","email":"victim@example.com","password":"mallory's horse"}`
	malloryLogin     = `{"username":"mallory","password":"mallory's horse"}`
	victimLogin      = `{"username":"mallory","password":"victims horse"}`
)

// Somebody registers the victim's address. The page behind the link that the victim gets does not activate the account with a password that the victim
// does not know, and gives the account to who has the mailbox, with a new password and without the old one (pre-hijack).
func TestPreHijackByActivationPage(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", malloryRegisters)
	page := m.link().page
	m.get(page).wantPage(200, `autocomplete="current-password"`, `<a class="instead" href="?instead">I did not choose a password</a>`)
	m.post(page, "x=").wantPage(400, "This field is required.")
	m.post(page, "password=victims+horse").wantPage(400, "That is not the password of this account.", `href="?instead"`, "<title>Error: ")
	m.post("/auth/jwt/create/", malloryLogin).want(401, badLogin)

	anew := page + "?instead"
	r := m.get(anew).wantPage(200, "<h1>Choose a password</h1>", `autocomplete="new-password"`, "<button>Save and activate</button>")
	if strings.Contains(r.body, "?instead") {
		t.Errorf("the other form leads to itself:\n%s", r.body)
	}
	m.post(anew, "new_password=victims+horse&re_new_password=x").wantPage(400, "The two password fields didn&#39;t match.")
	m.post(anew, "new_password=12345678&re_new_password=12345678").wantPage(400, "This password is too common.")
	m.post("/auth/jwt/create/", victimLogin).want(401, badLogin)
	m.post(anew, "new_password=victims+horse&re_new_password=victims+horse").wantPage(200, "the password is your own.").wantCookies()
	m.post("/auth/jwt/create/", victimLogin).want(200, signedIn)
	m.post("/auth/jwt/create/", malloryLogin).want(401, badLogin)
	m.get(anew).wantPage(400, deadLink)
	m.post(anew, "new_password=mallorys+horse&re_new_password=mallorys+horse").wantPage(400, deadLink)
}

// The pages of other links have no second form, whatever their query says.
func TestPreHijackPageIsOfActivationOnly(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	l := m.resetLink()
	m.get(l.page+"?instead").wantPage(200, "<h1>Choose a new password</h1>")
	m.post("/auth/activate/"+l.uid+"/"+l.token+"/?instead", "new_password=victims+horse&re_new_password=victims+horse").wantPage(400, deadLink)
}

// With activation_requires_password the JSON route, too, asks for the password (pre-hijack). Without it, it is djoser's.
func TestPreHijackByActivationRoute(t *testing.T) {
	t.Parallel()
	required := func(c *auth.Config) { c.Accounts.ActivationRequiresPassword = true }
	m := newMailbox(t, dialect(t, "dj-rest-auth"), withActivation, required)
	m.post("/auth/users/", malloryRegisters)
	l := m.link()
	const path, keyPath = "/auth/users/activation/", "/dj-rest-auth/registration/verify-email/"
	m.post(path, `{}`).want(400, `{"uid":`+fieldRequired+`,"token":`+fieldRequired+`,"password":`+fieldRequired+`}`)
	m.post(path, l.body()).want(400, `{"password":`+fieldRequired+`}`)
	m.post(path, l.body("password", "victims horse")).want(400, `{"password":["Invalid password."]}`)
	m.post(path, `{"uid":"`+l.uid+`","token":"x","password":"mallory's horse"}`).want(400, badToken)
	key := `{"key":"` + l.uid + ":" + l.token + `"`
	m.post(keyPath, key+`}`).want(400, `{"password":`+fieldRequired+`}`)
	m.post(keyPath, key+`,"password":"victims horse"}`).want(400, `{"password":["Invalid password."]}`)
	m.post("/auth/jwt/create/", malloryLogin).want(401, badLogin)
	m.post(path, l.body("password", "mallory's horse")).want(204, "")
	m.post("/auth/jwt/create/", malloryLogin).want(200, signedIn)
}
