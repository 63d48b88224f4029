package httpapi_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// What djoser answers to a change of password.
func TestSetPassword(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	for _, c := range []struct {
		name, body string
		status     int
		want       string
		differs    string
	}{
		{name: "nothing", body: `{}`, status: 400, want: `{"new_password":["This field is required."],"current_password":["This field is required."]}`},
		{name: "without proof", body: `{"new_password":"another horse"}`, status: 400, want: `{"current_password":["This field is required."]}`},
		{name: "null proof", body: `{"new_password":"another horse","current_password":null}`, status: 400, want: `{"current_password":["This field may not be null."]}`},
		{name: "wrong proof", body: `{"new_password":"another horse","current_password":"wrong"}`, status: 400, want: `{"current_password":["Invalid password."]}`},
		{name: "wrong proof and short", body: `{"new_password":"short","current_password":"wrong"}`, status: 400, want: `{"current_password":["Invalid password."]}`},
		{
			name: "short", body: `{"new_password":"short","current_password":"` + alicePassword + `"}`, status: 400,
			want: `{"new_password":["This password is too short. It must contain at least 8 characters."]}`,
		},
		{name: "ok", body: `{"new_password":" another horse ","current_password":"` + alicePassword + `"}`, status: 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.on(t).post("/auth/users/set_password/", c.body, "Authorization", "Bearer "+access).want(c.status, c.want)
			if c.status == 204 {
				r.wantHeader("Content-Type", "")
			}
		})
	}
	f.post("/auth/jwt/create/", `{"username":"alice","password":"`+alicePassword+`"}`).want(401, badLogin)
	f.post("/auth/jwt/create/", `{"username":"alice","password":"another horse"}`).want(200, signedIn)
}

// A change of password ends every other session at once, where the peers leave their tokens alive.
func TestSetPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, refresh := f.signIn()
	otherAccess, otherRefresh := f.signIn()
	f.clock.Advance(2 * time.Second)
	f.post("/auth/users/set_password/", `{"new_password":"another horse","current_password":"`+alicePassword+`"}`, "Authorization", "JWT "+access).want(204, "")
	f.get("/auth/users/me/", "Authorization", "Bearer "+access).want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
	f.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`).want(200, `{"access":"<jwt>","refresh":"<jwt>"}`)
	f.get("/auth/users/me/", "Authorization", "Bearer "+otherAccess).want(401, notValid("Token is blacklisted")).wantHeader("WWW-Authenticate", challenge)
	f.post("/auth/jwt/refresh/", `{"refresh":"`+otherRefresh+`"}`).want(401, refusedToken("Token is blacklisted")).wantHeader("WWW-Authenticate", challenge)
}
