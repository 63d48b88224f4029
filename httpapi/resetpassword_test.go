package httpapi_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const confirmPath = "/auth/users/reset_password_confirm/"

func (m *mailbox) resetLink() link {
	m.t.Helper()
	m.post("/auth/users/reset_password/", aliceByAddress).want(204, "").wantHeader("Content-Type", "")
	return m.link()
}

// What djoser answers on the way to a new password.
func TestResetPassword(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, func(c *auth.Config) { c.Accounts.NotifyPasswordChange = true })
	access, refresh := m.signIn()
	const path = "/auth/users/reset_password/"
	m.post(path, `{}`).want(400, `{"email":`+fieldRequired+`}`)
	m.post(path, `{"email":"x"}`).want(400, `{"email":["Enter a valid email address."]}`)
	m.post(path, `{"email":"nobody@example.com"}`).want(204, "")
	m.wantSent()
	l := m.resetLink()
	weak := `{"new_password":["This password is too common."]}`
	for body, want := range map[string]string{
		`{}`:                                  `{"uid":` + fieldRequired + `,"token":` + fieldRequired + `,"new_password":` + fieldRequired + `}`,
		l.body("new_password", "password123"): weak,
		`{"uid":"x","token":"x","new_password":"password123"}`:                        weak, // before the link, as djoser does
		l.body("new_password", "alice@example"):                                       `{"new_password":["The password is too similar to the email address."]}`,
		`{"uid":"x","token":"` + l.token + `","new_password":"` + anotherHorse + `"}`: unknownUID,
		`{"uid":1,"token":"` + l.token + `","new_password":"` + anotherHorse + `"}`:   unknownUID,
		`{"uid":"` + l.uid + `","token":"x","new_password":"` + anotherHorse + `"}`:   badToken,
	} {
		m.post(confirmPath, body).want(400, want)
	}
	m.clock.Advance(2 * time.Second)
	m.post(confirmPath, l.body("new_password", anotherHorse)).want(204, "").wantCookies()
	m.wantSent(auth.MailPasswordReset, auth.MailPasswordChanged)
	m.post(confirmPath, l.body("new_password", "a third horse")).want(400, badToken) // J01: the same link again
	m.post("/auth/jwt/create/", aliceLogsIn).want(401, badLogin)
	m.post("/auth/jwt/create/", `{"username":"alice","password":"`+anotherHorse+`"}`).want(200, signedIn)
	m.get("/auth/users/me/", "Authorization", "Bearer "+access).want(401, notValid("Token is blacklisted"))
	m.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`).want(401, refusedToken("Token is blacklisted"))
}

func TestRetype(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{Retype: true})
	again := `{"re_%s":` + fieldRequired + `}`
	name := `"username":"bob","password":`
	m.post("/auth/users/", `{`+name+`"correct horse"}`).want(400, fmt.Sprintf(again, "password"))
	m.post("/auth/users/", `{`+name+`"correct horse","re_password":"x"}`).want(400, differ)
	m.post("/auth/users/", `{`+name+`"12345","re_password":"x"}`).want(400,
		`{"password":["This password is too short. It must contain at least 8 characters.","This password is too common.","This password is entirely numeric."]}`)
	m.post("/auth/users/", `{"username":"alice","password":"12345","re_password":"x"}`).want(400, `{"username":["`+taken+`"]}`)
	m.post("/auth/users/", `{`+name+`"correct horse","re_password":"correct horse"}`).want(201, `{"email":"","username":"bob","id":2}`)

	l := m.resetLink()
	m.post(confirmPath, l.body("new_password", anotherHorse)).want(400, fmt.Sprintf(again, "new_password"))
	m.post(confirmPath, l.body("new_password", anotherHorse, "re_new_password", "x")).want(400, differ)
	m.post(confirmPath, l.body("new_password", "12345678", "re_new_password", "x")).want(400, `{"new_password":["This password is too common.","This password is entirely numeric."]}`)

	alice := m.as(m.bearer(m.alice))
	const set = "/auth/users/set_password/"
	proof := `"current_password":"` + alicePassword + `",`
	alice.post(set, `{}`).want(400, `{"new_password":`+fieldRequired+`,"re_new_password":`+fieldRequired+`,"current_password":`+fieldRequired+`}`)
	alice.post(set, `{`+proof+`"new_password":"`+anotherHorse+`"}`).want(400, fmt.Sprintf(again, "new_password"))
	alice.post(set, `{`+proof+`"new_password":"`+anotherHorse+`","re_new_password":"x"}`).want(400, differ)
	alice.post(set, `{`+proof+`"new_password":"alice_","re_new_password":"x"}`).want(400,
		`{"new_password":["The password is too similar to the username.","This password is too short. It must contain at least 8 characters."]}`)
	alice.post(set, `{"current_password":"wrong","new_password":"`+anotherHorse+`","re_new_password":"x"}`).want(400, wrongCurrent)
	alice.post(set, `{"current_password":"wrong"}`).want(400, `{"new_password":`+fieldRequired+`,"re_new_password":`+fieldRequired+`,`+wrongCurrent[1:])
	alice.post(set, `{`+proof+`"new_password":"`+anotherHorse+`","re_new_password":"`+anotherHorse+`"}`).want(204, "")
}

// Of twenty confirmations at the same time exactly one works (J02).
func TestParallelConfirmations(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	l := m.resetLink()
	const many = 20
	var all sync.WaitGroup
	var mutex sync.Mutex
	works := map[int]bool{}
	for i := range many {
		all.Go(func() {
			r := m.post(confirmPath, l.body("new_password", fmt.Sprint("horse number ", i)))
			mutex.Lock()
			defer mutex.Unlock()
			switch {
			case r.status == 204:
				works[i] = true
			case r.status != 400 || r.body != badToken:
				t.Errorf("confirmation %d: got %d %s", i, r.status, r.body)
			}
		})
	}
	all.Wait()
	if len(works) != 1 {
		t.Fatalf("confirmations that worked: got %v, want one", works)
	}
	for i := range many {
		status := 401
		if works[i] {
			status = 200
		}
		if r := m.post("/auth/jwt/create/", fmt.Sprintf(`{"username":"alice","password":"horse number %d"}`, i)); r.status != status {
			t.Errorf("password %d: got %d, want %d", i, r.status, status)
		}
	}
}

// A link is good for its purpose and for its user only (J06).
func TestCrossedLinks(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	activation := m.link()
	reset := m.resetLink()
	m.post("/auth/users/reset_username/", aliceByAddress).want(204, "")
	identifier := m.link()
	crossed := activation
	crossed.uid = reset.uid
	before, err := m.svc.User(t.Context(), m.alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		body string
	}{
		{confirmPath, activation.body("new_password", anotherHorse)},
		{confirmPath, identifier.body("new_password", anotherHorse)},
		{confirmPath, crossed.body("new_password", anotherHorse)},
		{"/auth/users/activation/", reset.body()},
		{"/auth/users/activation/", identifier.body()},
		{"/auth/users/activation/", crossed.body()},
		{"/auth/users/reset_username_confirm/", reset.body("new_username", "eve")},
		{"/auth/users/reset_username_confirm/", activation.body("new_username", "eve")},
	} {
		m.post(c.path, c.body).want(400, badToken)
	}
	after, err := m.svc.User(t.Context(), m.alice.ID)
	if err != nil || after.PasswordHash != before.PasswordHash || after.Username != before.Username {
		t.Errorf("alice: got %+v, %v, want %+v", after, err, before)
	}
	m.post(confirmPath, reset.body("new_password", anotherHorse)).want(204, "") // and none of that has used the right one up
}

// Whatever a request says of its host, links go where the settings say (host poisoning, J08).
func TestHostPoisoning(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	for _, pair := range [][2]string{
		{"X-Forwarded-Host", "evil.example"},
		{"X-Forwarded-Proto", "http"},
		{"Forwarded", "host=evil.example;proto=http"},
		{"X-Original-Host", "evil.example"},
		{"X-Host", "evil.example"},
		{"X-Forwarded-Prefix", "/evil"},
		{"X-Forwarded-Server", "evil.example"},
		{"X-Rewrite-Url", "https://evil.example/"},
	} {
		m.post("/auth/users/reset_password/", aliceByAddress, pair[0], pair[1]).want(204, "")
		m.link() // it checks the site
	}
	for _, host := range []string{"evil.example", "127.0.0.1:evil", "evil.example:80", "site.example.evil.example"} {
		m.post("/auth/users/reset_password/", aliceByAddress, "Host", host).want(204, "")
	}
	for _, message := range m.sent() {
		for _, text := range []string{message.Text.Reveal(), message.HTML.Reveal(), message.Link.Reveal(), message.Subject} {
			if strings.Contains(text, "evil") {
				t.Errorf("a mail names the attacker's host: %s", text)
			}
		}
	}
}
