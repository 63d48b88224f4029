package httpapi_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// What djoser answers on the way from a registration to the first sign-in.
func TestActivation(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation, func(c *auth.Config) { c.Accounts.SendConfirmation = true })
	m.post("/auth/users/", `{"username":"bob","password":"correct horse"}`).want(400, `{"email":`+fieldRequired+`}`)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`).want(201, `{"email":"bob@example.com","username":"bob","id":2}`)
	login := `{"username":"bob","password":"correct horse"}`
	m.post("/auth/jwt/create/", login).want(401, badLogin)
	l := m.link()
	for body, want := range map[string]string{
		`{}`:                                    `{"uid":` + fieldRequired + `,"token":` + fieldRequired + `}`,
		`{"uid":"","token":""}`:                 `{"uid":["This field may not be blank."],"token":["This field may not be blank."]}`,
		`{"uid":"x","token":"` + l.token + `"}`: unknownUID,
		`{"uid":"OTk","token":"` + l.token + `"}`:            unknownUID,
		`{"uid":2,"token":"` + l.token + `"}`:                unknownUID, // djoser breaks down on it
		`{"uid":"` + l.uid + `","token":"x"}`:                badToken,
		`{"uid":"MQ","token":"` + l.token + `"}`:             badToken,
		`{"uid":"` + l.uid + `=","token":"` + l.token + `"}`: unknownUID,
		`{"uid":[1],"token":{}}`:                             `{"uid":["Not a valid string."],"token":["Not a valid string."]}`,
	} {
		m.post("/auth/users/activation/", body).want(400, want)
	}
	m.get("/auth/users/activation/").want(405, notAllowed("GET"))
	m.post("/auth/users/activation/", l.body()).want(204, "").wantHeader("Content-Type", "").wantCookies()
	m.post("/auth/users/activation/", l.body()).want(400, badToken) // djoser leaves it alive, and answers 403 "Stale token for given user."
	m.post("/auth/jwt/create/", login).want(200, signedIn)
	m.wantSent(auth.MailActivation, auth.MailConfirmation)
}

func TestResendActivation(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	old := m.link()
	const path = "/auth/users/resend_activation/"
	m.post(path, `{}`).want(400, `{"email":`+fieldRequired+`}`)
	m.post(path, `{"email":"x"}`).want(400, `{"email":["Enter a valid email address."]}`)
	m.post(path, aliceByAddress).want(204, "")
	m.post(path, `{"email":"nobody@example.com"}`).want(204, "")
	m.wantSent(auth.MailActivation)
	m.post(path, `{"email":"BOB@example.com"}`).want(204, "")
	m.wantSent(auth.MailActivation, auth.MailActivation)
	if l := m.link(); l.to != "bob@example.com" {
		t.Errorf("mail went to %q, want the stored address", l.to)
	}
	m.post("/auth/users/activation/", old.body()).want(400, badToken) // the newest only
	m.post("/auth/users/activation/", m.link().body()).want(204, "")
}

func TestResendActivationWhereThereIsNone(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	m.post("/auth/users/resend_activation/", aliceByAddress).want(400, "").wantHeader("Content-Type", "")
	m.post("/auth/users/resend_activation/", aliceByAddress, "Accept", "application/problem+json").want(400,
		`{"type":"about:blank","title":"Bad Request","status":400,"detail":"Accounts need no activation here.","code":"activation_off","request_id":"<request>"}`)
	m.post("/auth/users/resend_activation/", `{}`).want(400, `{"email":`+fieldRequired+`}`)
}

// Old front ends may expect to be told who has no account.
func TestShowEmailNotFound(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation, func(c *auth.Config) { c.Accounts.ShowEmailNotFound = true })
	for _, path := range []string{"resend_activation", "reset_password", "reset_username"} {
		m.post("/auth/users/"+path+"/", `{"email":"nobody@example.com"}`).want(400, emailNotFound)
		m.post("/auth/users/"+path+"/", `{"email":"nobody@example.com"}`, "Accept", "application/problem+json").want(400,
			`{"type":"about:blank","title":"Bad Request","status":400,"detail":"User with given email does not exist.","code":"email_unknown","request_id":"<request>"}`)
	}
	m.post("/auth/users/reset_password/", aliceByAddress).want(204, "")
}

// An operator's word stands: who was disabled cannot let himself in again by an old link, nor get a new one.
func TestDisabledUserActivatesHimself(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	l := m.link()
	if err := m.svc.Disable(t.Context(), auth.Client{}, "2"); err != nil {
		t.Fatal(err)
	}
	m.post("/auth/users/activation/", l.body()).want(400, badToken)
	m.post("/auth/users/resend_activation/", `{"email":"bob@example.com"}`).want(204, "")
	m.wantSent(auth.MailActivation)
}

func TestActivationLinkExpires(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	m.post("/auth/users/", `{"username":"bob","email":"bob@example.com","password":"correct horse"}`)
	l := m.link()
	m.clock.Advance(24 * time.Hour)
	m.post("/auth/users/activation/", l.body()).want(400, badToken)
}

// Where people sign in by address and have to prove it, a registration tells nobody who has an account (enumeration); its owner is told.
func TestRegistrationTellsNothing(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string]auth.UserIDs{"counted": auth.UserIDsInteger, "UUIDs": auth.UserIDsUUID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t, httpapi.Config{UserFields: []string{"id", "email", "is_active", "last_login"}}, withActivation, byEmail, func(c *auth.Config) { c.UserIDs = ids })
			fresh := m.looks("new@example.com")
			for _, taken := range []string{"alice@example.com", "ALICE@example.com", "new@example.com", "alice@EXAMPLE.com"} {
				if got := m.looks(taken); got != fresh {
					t.Errorf("%s: got %s, want %s as for a free address", taken, got, fresh)
				}
			}
			for _, email := range []string{"alice@example.com", "other@example.com"} {
				m.post("/auth/users/", fmt.Sprintf(`{"email":%q,"password":"qx7 vz"}`, email)).want(400,
					`{"password":["This password is too short. It must contain at least 8 characters."]}`)
			}
			// Who may be the owner of an address that nobody has proved gets a new link.
			m.wantSent(auth.MailActivation, auth.MailRegistrationAttempt, auth.MailRegistrationAttempt, auth.MailActivation, auth.MailRegistrationAttempt)
			for i, message := range m.sent()[1:] {
				if want := []string{"alice@example.com", "alice@example.com", "new@example.com", "alice@example.com"}[i]; message.To != want {
					t.Errorf("mail %d went to %s, want the stored address %s", i, message.To, want)
				}
			}
			m.post("/auth/jwt/create/", fmt.Sprintf(`{"email":"alice@example.com","password":%q}`, alicePassword)).want(200, signedIn) // nothing of hers was changed
		})
	}
}

// userID is the id of a user in an answer.
var userID = regexp.MustCompile(`"id":"[0-9a-f-]{36}"`)

// looks is how a registration is answered, but for what is of that address alone.
func (m *mailbox) looks(email string) string {
	m.t.Helper()
	r := m.post("/auth/users/", fmt.Sprintf(`{"email":%q,"password":"correct horse"}`, email))
	local, _, _ := strings.Cut(email, "@")
	return fmt.Sprint(r.status, " ", strings.ReplaceAll(userID.ReplaceAllString(r.body, `"id":"<id>"`), local+"@", "<local>@"))
}
