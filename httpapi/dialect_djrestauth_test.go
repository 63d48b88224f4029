package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	restAlice    = `{"pk":1,"username":"alice","email":"alice@example.com","first_name":"Al","last_name":""}`
	restMismatch = `{"new_password2":["The two password fields didn’t match."]}`
)

// What a front end of dj-rest-auth does, from the sign-in to the sign-out.
func TestDjRestAuthJourney(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, dialect(t, "dj-rest-auth"))
	const base = "/dj-rest-auth/"
	m.post(base+"login/", `{}`).want(400, `{"password":`+fieldRequired+`}`)
	m.post(base+"login", `{"username":"alice","password":"wrong"}`).want(400, cannotLogIn).wantCookies()
	r := m.post(base+"login/", aliceLogsIn).want(200, `{"access":"<jwt>","refresh":"","user":`+restAlice+`}`)
	r.wantCookies("jwt-auth=<value>; Path=/; Max-Age=<access>; HttpOnly; SameSite=Lax", "jwt-refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax",
		"csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax")
	m.get(base+"user/").want(200, restAlice)
	m.get(base+"user/", "Authorization", "Bearer "+r.text("access")).want(200, restAlice)
	m.call("PATCH", base+"user/", `{"first_name":"Ally"}`).want(403, csrfFailed("CSRF token missing."))
	token := []string{"X-CSRFToken", m.cookie("csrftoken", "/")}
	m.call("PUT", base+"user/", `{}`, token...).want(400, `{"username":`+fieldRequired+`}`)
	m.call("PATCH", base+"user/", `{"first_name":"Ally","email":"a@evil.example","pk":7,"is_staff":true}`, token...).want(200, strings.Replace(restAlice, `"Al"`, `"Ally"`, 1))
	m.call("PATCH", base+"user/", `{"username":"alix","first_name":""}`, token...).want(200, `{"pk":1,"username":"alix","email":"alice@example.com","first_name":"","last_name":""}`)

	const change = base + "password/change/"
	passwords := func(old, first, second string) string {
		return `{"old_password":"` + old + `","new_password1":"` + first + `","new_password2":"` + second + `"}`
	}
	m.post(change, `{}`, token...).want(400, `{"old_password":`+fieldRequired+`,"new_password1":`+fieldRequired+`,"new_password2":`+fieldRequired+`}`)
	long := strings.Repeat("x", 129)
	const tooLong = `["Ensure this field has no more than 128 characters."]`
	m.post(change, passwords(long, long, long), token...).want(400, `{"old_password":`+tooLong+`,"new_password1":`+tooLong+`,"new_password2":`+tooLong+`}`)
	m.post(change, passwords("wrong", anotherHorse, anotherHorse), token...).want(400, `{"old_password":["Your old password was entered incorrectly. Please enter it again."]}`)
	m.post(change, passwords(alicePassword, anotherHorse, "x"), token...).want(400, restMismatch)
	m.post(change, passwords(alicePassword, "12345678", "12345678"), token...).want(400, `{"new_password2":["This password is too common.","This password is entirely numeric."]}`)
	m.post(change, passwords(alicePassword, anotherHorse, anotherHorse), token...).want(200, `{"detail":"New password has been saved."}`)

	m.clock.Advance(31 * time.Second)
	body := m.post(base+"token/refresh/", "").body
	if access := m.post(base+"token/refresh/", "").text("access_expiration"); !strings.HasSuffix(access, "Z") || !strings.Contains(body, `"access":"ey`) {
		t.Errorf("refresh: got %s, expiration %s", body, access)
	}
	m.post(base+"token/refresh/", `{"refresh":"`+m.cookie("jwt-refresh", "/")+`"}`, "Origin", "https://evil.example").want(403, csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins."))
	m.post(base+"token/refresh/", `{"refresh":null}`).want(400, `{"refresh":["This field may not be null."]}`)
	m.post(base+"token/refresh/", `{"refresh":"garbage"}`).want(401, `{"detail":"Token is invalid","code":"token_not_valid"}`)
	m.post(base+"token/verify/", `{"token":"`+r.text("access")+`"}`).want(200, `{}`)
	m.post(base+"logout/", "", "X-CSRFToken", m.cookie("csrftoken", "/")).want(200, `{"detail":"Successfully logged out."}`)
	m.post(base+"token/refresh/", "").want(401, `{"detail":"No valid refresh token found.","code":"token_not_valid"}`)
	m.get(base+"user/").want(401, anonymous)
}

func TestDjRestAuthReset(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, dialect(t, "dj-rest-auth"))
	const reset = "/dj-rest-auth/password/reset/"
	const sent = `{"detail":"Password reset e-mail has been sent."}`
	m.post(reset, `{}`).want(400, `{"email":`+fieldRequired+`}`)
	m.post(reset, `{"email":"nobody@example.com"}`).want(200, sent)
	m.post(reset, aliceByAddress).want(200, sent)
	l := m.link()
	both := []string{"new_password1", anotherHorse, "new_password2", anotherHorse}
	m.post(reset+"confirm/", `{}`).want(400, `{"new_password1":`+fieldRequired+`,"new_password2":`+fieldRequired+`,"uid":`+fieldRequired+`,"token":`+fieldRequired+`}`)
	m.post(reset+"confirm/", l.body("new_password1", strings.Repeat("x", 129), "new_password2", anotherHorse)).
		want(400, `{"new_password1":["Ensure this field has no more than 128 characters."]}`)
	m.post(reset+"confirm/", link{uid: "x", token: l.token}.body(both...)).want(400, `{"uid":["Invalid value"]}`)
	m.post(reset+"confirm/", link{uid: l.uid, token: "x"}.body(both...)).want(400, `{"token":["Invalid value"]}`)
	m.post(reset+"confirm/", l.body("new_password1", anotherHorse, "new_password2", "x")).want(400, restMismatch)
	m.post(reset+"confirm/", l.body("new_password1", "12345678", "new_password2", "12345678")).want(400, `{"new_password2":["This password is too common.","This password is entirely numeric."]}`)
	m.post(reset+"confirm/", l.body(both...)).want(200, `{"detail":"Password has been reset with the new password."}`)
	m.post("/dj-rest-auth/login/", `{"username":"alice","password":"`+anotherHorse+`"}`).want(200, `{"access":"<jwt>","refresh":"","user":`+restAlice+`}`)
}

func TestDjRestAuthRegistration(t *testing.T) {
	t.Parallel()
	const base = "/dj-rest-auth/registration/"
	const bob = `{"username":"bob","email":"bob@example.com","password1":"correct horse","password2":"correct horse"}`
	m := newMailbox(t, dialect(t, "dj-rest-auth"))
	m.post(base, `{}`).want(400, `{"username":`+fieldRequired+`,"password1":`+fieldRequired+`,"password2":`+fieldRequired+`}`)
	m.post(base, `{"email":"x"}`).
		want(400, `{"username":`+fieldRequired+`,"email":["Enter a valid email address."],"password1":`+fieldRequired+`,"password2":`+fieldRequired+`}`)
	m.post(base, strings.Replace(bob, `"bob"`, `"alice"`, 1)).want(400, `{"username":["`+taken+`"]}`)
	m.post(base, `{"username":"bob","password1":"12345678","password2":"12345678"}`).want(400, `{"password1":["This password is too common.","This password is entirely numeric."]}`)
	m.post(base, `{"username":"bob","password1":"correct horse","password2":"x"}`).want(400, differ)
	m.post(base, bob).want(201, `{"access":"<jwt>","refresh":"","user":{"pk":2,"username":"bob","email":"bob@example.com","first_name":"","last_name":""}}`)
	if m.cookie("jwt-refresh", "/") == "" {
		t.Error("registration set no refresh cookie")
	}

	m.post(base+"resend-email/", `{"email":"bob@example.com"}`).want(200, `{"detail":"ok"}`)

	m = newMailbox(t, dialect(t, "dj-rest-auth"), withActivation)
	m.post(base, bob).want(201, `{"detail":"Verification e-mail sent."}`).wantCookies()
	m.post(base+"resend-email/", `{"email":"bob@example.com"}`).want(200, `{"detail":"ok"}`)
	m.wantSent(auth.MailActivation, auth.MailActivation)
	m.post("/dj-rest-auth/login/", `{"username":"bob","password":"correct horse"}`).want(400, `{"non_field_errors":["E-mail is not verified."]}`)
	m.post("/dj-rest-auth/login/", `{"username":"bob","password":"wrong"}`).want(400, cannotLogIn)
	l := m.link()
	m.post(base+"verify-email/", `{}`).want(400, `{"key":`+fieldRequired+`}`)
	m.post(base+"verify-email/", `{"key":"`+l.uid+`:x"}`).want(404, notFound)
	m.get(base+"verify-email/").want(405, notAllowed("GET"))
	m.post(base+"verify-email/", `{"key":"`+l.uid+`:`+l.token+`"}`).want(200, `{"detail":"ok"}`)
	m.post(base+"verify-email/", `{"key":"`+l.uid+`:`+l.token+`"}`).want(404, notFound)
	m.post("/dj-rest-auth/login/", `{"username":"bob","password":"correct horse"}`).want(200, `{"access":"<jwt>","refresh":"","user":{"pk":2,"username":"bob","email":"bob@example.com","first_name":"","last_name":""}}`)
}
