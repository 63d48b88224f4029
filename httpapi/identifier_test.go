package httpapi_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// What djoser answers to a change of the username.
func TestSetUsername(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, func(c *auth.Config) { c.Accounts.NotifyIdentifierChange = true })
	m.person(auth.NewUser{Username: "bob"})
	access, refresh := m.signIn()
	alice := m.as("JWT " + access)
	const path = "/auth/users/set_username/"
	proof := `{"current_password":"` + alicePassword + `","new_username":`
	nameTaken := `"new_username":["` + taken + `"]}`
	for body, want := range map[string]string{
		`{}`:               `{"current_password":` + fieldRequired + `,"new_username":` + fieldRequired + `}`,
		proof + `"bob"}`:   `{` + nameTaken,
		proof + `"alice"}`: `{` + nameTaken, // unchanged
		proof + `"a b"}`:   `{"new_username":["` + badUsername + `"]}`,
		proof + `"` + strings.Repeat("a", 151) + `"}`:         `{"new_username":["Ensure this field has no more than 150 characters."]}`,
		`{"current_password":"wrong","new_username":"alix"}`:  wrongCurrent,
		`{"current_password":"wrong","new_username":"bob"}`:   `{"current_password":["Invalid password."],` + nameTaken,
		`{"current_password":"wrong","new_username":"a b"}`:   `{"current_password":["Invalid password."],"new_username":["` + badUsername + `"]}`,
		`{"current_password":"wrong"}`:                        `{"current_password":["Invalid password."],"new_username":` + fieldRequired + `}`,
		`{"current_password":null,"new_username":"al\u0000"}`: `{"current_password":["This field may not be null."],"new_username":["` + badUsername + `","Null characters are not allowed."]}`,
	} {
		alice.post(path, body).want(400, want)
	}
	m.post(path, proof+`"alix"}`).want(401, anonymous)
	alice.post(path, proof+`"alix"}`).want(204, "").wantHeader("Content-Type", "")
	m.wantSent(auth.MailIdentifierChanged)
	alice.get("/auth/users/me/").want(200, `{"email":"alice@example.com","id":1,"username":"alix"}`) // tokens stay valid
	m.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`).want(200, `{"access":"<jwt>","refresh":"<jwt>"}`)
	m.post("/auth/jwt/create/", aliceLogsIn).want(401, badLogin)
	alice.post("/auth/users/set_email/", proof+`"alix"}`).want(405, notAllowed("POST")) // the other field's path is a user's
	m.post("/auth/users/set_email/", `{}`).want(401, anonymous)
}

func TestSetUsernameTwice(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{Retype: true})
	m.person(auth.NewUser{Username: "bob"})
	alice := m.as(m.bearer(m.alice))
	differ := `{"non_field_errors":["The two username fields didn't match."]}`
	proof := `{"current_password":"` + alicePassword + `","new_username":`
	alice.post("/auth/users/set_username/", proof+`"alix"}`).want(400, `{"re_new_username":`+fieldRequired+`}`)
	alice.post("/auth/users/set_username/", proof+`"alix","re_new_username":"x"}`).want(400, differ)
	alice.post("/auth/users/set_username/", proof+`"bob","re_new_username":"x"}`).want(400, `{"new_username":["`+taken+`"]}`)
	alice.post("/auth/users/set_username/", `{"current_password":"wrong","new_username":"alix","re_new_username":"x"}`).want(400, wrongCurrent)
	m.post("/auth/users/reset_username/", aliceByAddress).want(204, "")
	l := m.link()
	m.post("/auth/users/reset_username_confirm/", l.body("new_username", "alix", "re_new_username", "x")).want(400, differ)
	m.post("/auth/users/reset_username_confirm/", l.body("new_username", "alix", "re_new_username", "alix")).want(204, "")
}

// What djoser answers on the way to a new username by mail.
func TestResetUsername(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	m.person(auth.NewUser{Username: "bob"})
	m.post("/auth/users/reset_username/", `{}`).want(400, `{"email":`+fieldRequired+`}`)
	m.post("/auth/users/reset_username/", `{"email":"nobody@example.com"}`).want(204, "")
	m.post("/auth/users/reset_username/", aliceByAddress).want(204, "")
	m.wantSent(auth.MailIdentifierReset)
	l := m.link()
	const path = "/auth/users/reset_username_confirm/"
	for body, want := range map[string]string{
		`{}`:                      `{"new_username":` + fieldRequired + `}`,
		`{"new_username":"alix"}`: unknownUID,
		`{"new_username":"alix","uid":"` + l.uid + `"}`: badToken,
		l.body("new_username", "bob"):                   `{"new_username":["` + taken + `"]}`,
		l.body("new_username", "a b"):                   `{"new_username":["` + badUsername + `"]}`,
	} {
		m.post(path, body).want(400, want)
	}
	m.post(path, l.body("new_username", "alix")).want(204, "")
	m.post(path, l.body("new_username", "alex")).want(400, badToken)
	m.post("/auth/jwt/create/", `{"username":"alix","password":"`+alicePassword+`"}`).want(200, signedIn)
}

// Where people sign in by address the paths and fields have its name.
func TestSetEmail(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, byEmail)
	m.person(auth.NewUser{Email: "bob@example.com"})
	alice := m.as(m.bearer(m.alice))
	taken := `{"new_email":["user with this email already exists."]}`
	proof := `{"current_password":"` + alicePassword + `","new_email":`
	alice.post("/auth/users/set_email/", `{}`).want(400, `{"current_password":`+fieldRequired+`,"new_email":`+fieldRequired+`}`)
	alice.post("/auth/users/set_email/", proof+`"BOB@example.com"}`).want(400, taken)
	alice.post("/auth/users/set_email/", proof+`"x"}`).want(400, `{"new_email":["`+badEmail+`"]}`)
	alice.call("PATCH", "/auth/users/me/", `{"email":"a@evil.example"}`).want(200, `{"id":1,"email":"alice@example.com"}`) // not without the password
	alice.post("/auth/users/set_email/", proof+`"al@example.com"}`).want(204, "")
	m.wantSent(auth.MailAddressChanged)
	m.post("/auth/users/reset_email/", `{"email":"al@example.com"}`).want(204, "")
	l := m.link()
	// A stranger learns nothing from it about who has an account (enumeration).
	for _, next := range []string{"bob@example.com", "nobody@example.com"} {
		m.post("/auth/users/reset_email_confirm/", `{"uid":"MQ","token":"x","new_email":"`+next+`"}`).want(400, badToken)
	}
	m.post("/auth/users/reset_email_confirm/", l.body("new_email", "bob@example.com")).want(400, taken)
	m.post("/auth/users/reset_email_confirm/", l.body("new_email", "alice@example.org")).want(204, "")
	m.post("/auth/jwt/create/", `{"email":"alice@example.org","password":"`+alicePassword+`"}`).want(200, signedIn)
	alice.post("/auth/users/set_username/", `{}`).want(405, notAllowed("POST"))
}
