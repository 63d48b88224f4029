package httpapi_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func restAuth(t *testing.T, choices httpapi.RestAuth) httpapi.Config {
	t.Helper()
	config := dialect(t, "dj-rest-auth")
	config.Dialects[0] = choices.Apply(config.Dialects[0])
	return config
}

func must(names string) string {
	return `{"non_field_errors":["Must include ` + strings.ReplaceAll(names, `"`, `\"`) + ` and \"password\"."]}`
}

var restKey = regexp.MustCompile(`^\{"key":"([0-9a-f]{40})"\}$`)

// key signs in, or up, and answers the token.
func (m *mailbox) key(path, body string, status int) string {
	m.t.Helper()
	r := m.post(path, body).wantCookies()
	found := restKey.FindStringSubmatch(r.body)
	if r.status != status || found == nil {
		m.t.Fatalf("%s: got %d %s, want %d and a key", path, r.status, r.body, status)
	}
	return "Token " + found[1]
}

// The default of dj-rest-auth: one opaque token, and no cookies.
func TestDjRestAuthKeys(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, restAuth(t, httpapi.RestAuth{Tokens: httpapi.RestAuthKey}))
	const base = "/dj-rest-auth/"
	const stranger = `{"detail":"You should be logged in to logout. Check whether the token is passed.","code":"not_authenticated"}`
	const deadToken = `{"detail":"Invalid token.","code":"token_not_valid"}`
	m.post(base+"login/", `{}`).want(400, `{"password":`+fieldRequired+`}`)
	m.post(base+"login/", `{"password":"x"}`).want(400, must(`"username"`))
	m.post(base+"login/", `{"username":"alice","password":"wrong"}`).want(400, cannotLogIn)
	laptop, phone := m.key(base+"login/", aliceLogsIn, 200), m.key(base+"login/", aliceLogsIn, 200)
	m.get(base+"user/", "Authorization", laptop).want(200, restAlice)
	m.get(base+"user/").want(401, anonymous).wantHeader("WWW-Authenticate", "Token")
	m.post(base+"logout/", "").want(400, stranger)
	m.post(base+"logout/", "", "Authorization", "Token "+strings.Repeat("0", 40)).want(401, deadToken)
	m.post(base+"logout/", "", "Authorization", laptop).want(200, `{"detail":"Successfully logged out."}`)
	m.get(base+"user/", "Authorization", laptop).want(401, deadToken)
	change := `{"old_password":"` + alicePassword + `","new_password1":"` + anotherHorse + `","new_password2":"` + anotherHorse + `"}`
	m.post(base+"password/change/", change, "Authorization", phone).want(200, `{"detail":"New password has been saved."}`)
	m.get(base+"user/", "Authorization", phone).want(200, restAlice)
	bob := m.key(base+"registration/", `{"username":"bob","email":"bob@example.com","password1":"correct horse","password2":"correct horse"}`, 201)
	m.get(base+"user/", "Authorization", bob).want(200, `{"pk":2,"username":"bob","email":"bob@example.com","first_name":"","last_name":""}`)
	for _, gone := range []string{"token/verify/", "token/refresh/"} {
		m.post(base+gone, `{}`).want(404, notFound)
	}
}

// Both: the refresh token is in answers too, and is taken from bodies.
func TestDjRestAuthRefreshTokenInBodies(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, restAuth(t, httpapi.RestAuth{Tokens: httpapi.RestAuthBoth}))
	const base = "/dj-rest-auth/"
	r := m.post(base+"login/", aliceLogsIn).want(200, `{"access":"<jwt>","refresh":"<jwt>","user":`+restAlice+`}`)
	r.wantCookies("jwt-auth=<value>; Path=/; Max-Age=<access>; HttpOnly; SameSite=Lax", "jwt-refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax",
		"csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax")
	if got := m.cookie("jwt-refresh", "/"); got != r.text("refresh") {
		t.Errorf("refresh cookie: got %q, want the token of the body", got)
	}
	app := m.other() // has no cookies
	app.origin = ""
	m.clock.Advance(31 * time.Second)
	renewed := app.post(base+"token/refresh/", `{"refresh":"`+r.text("refresh")+`"}`)
	for _, name := range []string{"access_expiration", "refresh_expiration"} {
		if at, err := time.Parse(time.RFC3339Nano, renewed.text(name)); err != nil || !strings.HasSuffix(renewed.text(name), "Z") || !at.After(m.clock.Now()) {
			t.Errorf("refresh: got %s %q, want a later time in UTC", name, renewed.text(name))
		}
	}
	if renewed.text("refresh") == r.text("refresh") || renewed.text("access") == "" {
		t.Errorf("refresh: got %s, want new tokens", renewed.body)
	}
	stranger := m.other()
	stranger.post(base+"logout/", `{}`).want(401, `{"detail":"Refresh token was not included in request data.","code":"token_not_valid"}`)
	stranger.post(base+"logout/", `{"refresh":"`+renewed.text("refresh")+`"}`, "Origin", "https://evil.example").
		want(403, csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins."))
	stranger.post(base+"logout/", `{"refresh":"`+renewed.text("refresh")+`"}`).want(200, `{"detail":"Successfully logged out."}`)
	m.get(base+"user/", "Authorization", "Bearer "+renewed.text("access")).want(401, notValid("Token is blacklisted"))
	const bob = `{"username":"bob","email":"bob@example.com","password1":"correct horse","password2":"correct horse"}`
	m.other().post(base+"registration/", bob).want(201, `{"access":"<jwt>","refresh":"<jwt>","user":{"pk":2,"username":"bob","email":"bob@example.com","first_name":"","last_name":""}}`)
}

// A dead refresh token in the body does not make a sign-out of the header's session an empty word.
func TestDjRestAuthLogoutByHeaderBesideADeadToken(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, restAuth(t, httpapi.RestAuth{Tokens: httpapi.RestAuthBoth}))
	bearer := "Bearer " + m.post("/dj-rest-auth/login/", aliceLogsIn).text("access")
	app := m.other()
	app.post("/dj-rest-auth/logout/", `{"refresh":"garbage"}`, "Authorization", bearer).want(200, `{"detail":"Successfully logged out."}`)
	app.get("/dj-rest-auth/user/", "Authorization", bearer).want(401, notValid("Token is blacklisted"))
}

// By what people sign in: the texts are those of a project with allauth and the same ACCOUNT_LOGIN_METHODS.
func TestDjRestAuthLoginNames(t *testing.T) {
	t.Parallel()
	const byAddress, byBoth = `{"email":"ALICE@example.com","password":"` + alicePassword + `"}`, `{"username":"nobody","email":"alice@example.com","password":"` + alicePassword + `"}`
	const oneField = `{"username":"alice@example.com","password":"` + alicePassword + `"}`
	const granted = `{"access":"<jwt>","refresh":"","user":` + restAlice + `}`
	const badAddress = `{"username":"alice","email":"nope","password":"x"}`
	for name, c := range map[string]struct {
		either                                      bool
		change                                      func(*auth.Config)
		missing, wrong, byAddress, byBoth, oneField string
	}{
		"by username": {false, nil, `"username"`, must(`"username"`), must(`"username"`), cannotLogIn, cannotLogIn},
		"by either":   {true, nil, `either "username" or "email"`, cannotLogIn, granted, granted, granted},
		"by address":  {false, byEmail, `"email"`, cannotLogIn, granted, granted, must(`"email"`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := []func(*auth.Config){}
			if c.change != nil {
				change = append(change, c.change)
			}
			m := newMailbox(t, restAuth(t, httpapi.RestAuth{LoginByEmail: c.either}), change...)
			want := func(body, answer string) {
				t.Helper()
				status := 400
				if answer == granted {
					status = 200
				}
				m.other().on(t).post("/dj-rest-auth/login/", body).want(status, answer)
			}
			want(`{"password":"x"}`, must(c.missing))
			want(`{"username":"","email":"","password":"x"}`, must(c.missing))
			want(badAddress, `{"email":["Enter a valid email address."]}`)
			want(byAddress, c.byAddress)
			want(byBoth, c.byBoth)
			want(oneField, c.oneField)
			want(strings.Replace(byAddress, alicePassword, "wrong", 1), c.wrong)
		})
	}
}
