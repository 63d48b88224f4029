package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	bobLooks   = `{"email":"bob@example.com","id":2,"username":"bob"}`
	staffLooks = `{"email":"staff@example.com","id":3,"username":"staff"}`
)

// company is alice (1), bob (2) and staff (3), each with his header.
func company(t *testing.T, change ...func(*auth.Config)) (f *frontEnd, alice, bob, staff *frontEnd) {
	t.Helper()
	f = newFrontEnd(t, httpapi.Config{}, change...)
	bobHeader := f.person(auth.NewUser{Username: "bob", Email: "bob@example.com"})
	staffHeader := f.person(auth.NewUser{Username: "staff", Email: "staff@example.com", IsStaff: true})
	return f, f.as(f.bearer(f.alice)), f.as(bobHeader), f.as(staffHeader)
}

func showUsers(c *auth.Config) { c.Accounts.ShowUsers = true }

// Who sees whom.
func TestUsersAreHidden(t *testing.T) {
	t.Parallel()
	f, alice, _, staff := company(t)
	alice.get("/auth/users/").want(200, `[`+aliceLooks+`]`).wantHeader("Allow", "GET, POST, HEAD, OPTIONS")
	staff.get("/auth/users").want(200, `[`+aliceLooks+`,`+bobLooks+`,`+staffLooks+`]`)
	f.get("/auth/users/").want(401, anonymous)
	alice.get("/auth/users/1/").want(200, aliceLooks)
	staff.get("/auth/users/2/").want(200, bobLooks)
	f.get("/auth/users/1/").want(401, anonymous)

	// Somebody else's, one that does not exist, and what is no id look the same (enumeration).
	for _, id := range []string{"2", "99", "me2", "set_email", "01", "%00", "1%2F", "-1", "me.xml", strings.Repeat("9", 300)} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			body := `{"email":"x","current_password":"` + alicePassword + `"}`
			if method == "GET" {
				body = ""
			}
			alice.call(method, "/auth/users/"+id+"/", body).want(404, notFound)
			if id != "2" {
				staff.call(method, "/auth/users/"+id+"/", body).want(404, notFound)
			}
		}
	}
}

func TestUsersAreShown(t *testing.T) {
	t.Parallel()
	_, alice, _, staff := company(t, showUsers)
	alice.get("/auth/users/").want(200, `[`+aliceLooks+`,`+bobLooks+`,`+staffLooks+`]`)
	alice.get("/auth/users/2/").want(403, noPermission)
	alice.get("/auth/users/99/").want(404, notFound)
	alice.call("PATCH", "/auth/users/99/", `{}`).want(404, notFound)
	alice.call("PATCH", "/auth/users/2/", `{"email":"a@evil.example"}`).want(403, noPermission)
	alice.call("PUT", "/auth/users/2/", `{"email":"no address"}`).want(403, noPermission)
	alice.call("DELETE", "/auth/users/2/", `{"current_password":"`+alicePassword+`"}`).want(403, noPermission)
	staff.get("/auth/users/2/").want(200, bobLooks)
}

// A long list is written in pages, and looks like one.
func TestManyUsers(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{UserFields: []string{"id"}})
	const many = 1003
	for i := 2; i < many; i++ {
		if _, err := f.store.CreateUser(t.Context(), auth.User{Username: fmt.Sprint("user", i), DateJoined: f.clock.Now()}, auth.Event{Kind: auth.EventUserCreated, At: f.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	staff := f.person(auth.NewUser{Username: "staff", IsStaff: true})
	want := `[{"id":1}`
	for i := 2; i <= many; i++ {
		want += fmt.Sprintf(`,{"id":%d}`, i)
	}
	f.as(staff).get("/auth/users/").want(200, want+"]")
}

// What djoser answers to changes of a profile.
func TestUpdateUser(t *testing.T) {
	t.Parallel()
	f, alice, _, staff := company(t)
	changed := `{"email":"al@example.org","id":1,"username":"alice"}`
	alice.call("PATCH", "/auth/users/me/", `{"email":"al@Example.ORG"}`).want(200, changed)
	alice.call("PUT", "/auth/users/me/", `{}`).want(200, changed)
	alice.call("PATCH", "/auth/users/me/", ``).want(200, changed)
	alice.call("PATCH", "/auth/users/1", "email=").want(200, `{"email":"","id":1,"username":"alice"}`)
	alice.call("PUT", "/auth/users/1/", "email=alice%40example.com").want(200, aliceLooks)
	for body, want := range map[string]string{
		`{"email":"x"}`:  badEmail,
		`{"email":null}`: "This field may not be null.",
		`{"email":"` + strings.Repeat("a", 250) + `@x.com"}`: "Ensure this field has no more than 254 characters.",
	} {
		alice.call("PATCH", "/auth/users/me/", body).want(400, `{"email":["`+want+`"]}`)
	}
	staff.call("PATCH", "/auth/users/2/", `{"email":"b@example.com"}`).want(200, `{"email":"b@example.com","id":2,"username":"bob"}`)
	f.call("PATCH", "/auth/users/me/", `{"email":"x@example.com"}`).want(401, anonymous)
	alice.post("/auth/users/me/", `{}`).want(405, notAllowed("POST"))
	alice.call("PUT", "/auth/users/", `{}`).want(405, notAllowed("PUT"))
	f.call("PUT", "/auth/users/", `{}`).want(401, anonymous)
	alice.call("HEAD", "/auth/users/me/", "").want(200, "")
	alice.call("OPTIONS", "/auth/users/me/", "").want(204, "")
}

func TestRequiredFields(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{RequiredFields: []string{"first_name", "email"}, UserFields: []string{"first_name", "email", "id", "username"}})
	f.post("/auth/users/", `{}`).want(400, `{"first_name":`+fieldRequired+`,"email":`+fieldRequired+`,"username":`+fieldRequired+`,"password":`+fieldRequired+`}`)
	blank := `["This field may not be blank."]`
	f.post("/auth/users/", `{"username":"bob","password":"`+alicePassword+`","first_name":" ","email":""}`).want(400, `{"first_name":`+blank+`,"email":`+blank+`}`)
	f.post("/auth/users/", `{"username":"bob","password":"`+alicePassword+`","first_name":"Bob","email":"bob@example.com","last_name":"B"}`).
		want(201, `{"first_name":"Bob","email":"bob@example.com","username":"bob","id":2}`)
	alice := f.as(f.bearer(f.alice))
	alice.call("PUT", "/auth/users/me/", `{"first_name":"Ally"}`).want(400, `{"email":`+fieldRequired+`}`)
	alice.call("PATCH", "/auth/users/me/", `{"first_name":""}`).want(400, `{"first_name":`+blank+`}`)
	alice.call("PATCH", "/auth/users/me/", `{"first_name":"Ally"}`).want(200, `{"first_name":"Ally","email":"alice@example.com","id":1,"username":"alice"}`)
}

// With activation a changed address puts the account to sleep until the new one is proved, and the old one is told.
func TestUpdateUserWithActivation(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	alice := m.as(m.bearer(m.alice))
	alice.call("PATCH", "/auth/users/me/", `{"email":""}`).want(400, `{"email":["This field may not be blank."]}`)
	alice.call("PATCH", "/auth/users/me/", `{"email":"new@example.com"}`).want(200, `{"email":"new@example.com","id":1,"username":"alice"}`)
	alice.get("/auth/users/me/").want(401, `{"detail":"User is inactive","code":"user_inactive"}`)
	m.wantSent(auth.MailAddressChanged, auth.MailActivation)
	if l := m.link(); l.to != "new@example.com" {
		t.Errorf("link went to %s, want the new address", l.to)
	}
	m.post("/auth/users/activation/", m.link().body()).want(204, "")
	m.signIn()
}

// What djoser answers to the end of an account.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	f, alice, bob, staff := company(t)
	for body, want := range map[string]string{
		``: `{"current_password":` + fieldRequired + `}`, `{}`: `{"current_password":` + fieldRequired + `}`, `{"current_password":null}`: `{"current_password":["This field may not be null."]}`,
		`{"current_password":""}`: `{"current_password":["This field may not be blank."]}`, `{"current_password":"wrong"}`: wrongCurrent,
	} {
		for _, path := range []string{"/auth/users/me/", "/auth/users/1/"} {
			alice.call("DELETE", path, body).want(400, want)
		}
	}
	proof := `{"current_password":"` + alicePassword + `"}`
	alice.call("DELETE", "/auth/users/2/", proof).want(404, notFound)
	f.call("DELETE", "/auth/users/me/", proof).want(401, anonymous)
	alice.call("DELETE", "/auth/users/me/", proof).want(204, "").wantHeader("Content-Type", "")
	alice.get("/auth/users/me/").want(401, notValid("Token is blacklisted"))
	f.post("/auth/jwt/create/", aliceLogsIn).want(401, badLogin)
	staff.call("DELETE", "/auth/users/2/", proof).want(204, "")
	if r := bob.get("/auth/users/me/"); r.status != 401 {
		t.Errorf("deleted user: got %d %s, want 401", r.status, r.body)
	}
	staff.get("/auth/users/").want(200, `[`+staffLooks+`]`)
}

// Nobody but staff gets at anybody else, by any spelling of the path (I18).
func TestAdminRoutes(t *testing.T) {
	t.Parallel()
	f, alice, bob, _ := company(t)
	proof := `{"current_password":"` + alicePassword + `","email":"a@evil.example"}`
	if err := f.svc.Disable(t.Context(), auth.Client{}, "2"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/auth/users/3/", "/auth/users/3", "/auth/users/%33/", "/auth/users//3/", "/auth/users/me/../3/", "/AUTH/users/3/", "/auth/users/3/;x", "/auth/users/3?id=1"} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST", "HEAD"} {
			for who, caller := range map[string]*frontEnd{"a stranger": f, "a user": alice, "a disabled user": bob} {
				r := caller.call(method, path, proof)
				if r.status != 401 && r.status != 403 && r.status != 404 && r.status != 405 {
					t.Errorf("%s: %s %s: got %d %s", who, method, path, r.status, r.body)
				}
			}
		}
	}
	user, err := f.svc.User(t.Context(), "3")
	if err != nil || user.Email != "staff@example.com" {
		t.Errorf("staff: got %+v, %v, want no change", user, err)
	}
}

// A page of another site changes nothing under the access cookie (CSRF).
func TestAccountCSRF(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{AccessCarrier: httpapi.AccessInCookie})
	token := f.post("/auth/login/", aliceLogsIn).text("csrf_token")
	proof := `{"current_password":"` + alicePassword + `","email":"a@evil.example","new_username":"eve"}`
	for _, c := range [][2]string{
		{"PATCH", "/auth/users/me/"}, {"PUT", "/auth/users/1/"}, {"DELETE", "/auth/users/me/"}, {"POST", "/auth/users/set_username/"}, {"POST", "/auth/token/logout/"},
	} {
		f.call(c[0], c[1], proof, "Origin", "https://evil.example").want(403,
			csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins."))
		f.call(c[0], c[1], proof).want(403, csrfFailed("CSRF token missing."))
	}
	f.get("/auth/users/me/").want(200, aliceLooks)
	f.call("PATCH", "/auth/users/me/", `{"email":"al@example.com"}`, "X-CSRFToken", token).want(200, `{"email":"al@example.com","id":1,"username":"alice"}`)
	r := f.call("DELETE", "/auth/users/me/", `{"current_password":"`+alicePassword+`"}`, "X-CSRFToken", token).want(204, "")
	if len(r.header[http.CanonicalHeaderKey("Set-Cookie")]) == 0 {
		t.Error("deleted account: the cookies were left in the browser")
	}
}

// Strangers' posts that a browser sends on another site's behalf are refused before anything is done.
func TestAnonymousPostsCheckTheOrigin(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withActivation)
	for _, path := range []string{
		"/auth/users/", "/auth/users/activation/", "/auth/users/resend_activation/", "/auth/users/reset_password/", "/auth/users/reset_password_confirm/",
		"/auth/users/reset_username/", "/auth/users/reset_username_confirm/",
	} {
		for _, body := range []string{aliceByAddress, "email=alice%40example.com"} {
			m.post(path, body, "Origin", "https://evil.example").want(403, csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins."))
		}
	}
	m.wantSent()
}
