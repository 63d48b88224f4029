package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

const aliceLooks = `{"email":"alice@example.com","id":1,"username":"alice"}`

func browserGrant(access, user string) string {
	return `{` + access + `"access_expires_in":<life>,"csrf_token":"<csrf>","session":{"id":"<session>","idle_expires_in":1209600,"absolute_expires_in":7776000}` + user + `}`
}

// The native browser routes, from the first page to the last.
func TestBrowserJourney(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	f.get("/auth/session/").want(200, `{"authenticated":false}`)
	f.get("/auth/csrf/").want(200, `{"token":"<csrf>"}`).wantCookies("csrftoken=<value>; Path=/; Max-Age=31449600; SameSite=Lax")
	f.post("/auth/refresh/", "").want(401, `{"detail":"No valid refresh token found.","code":"token_not_valid"}`).wantCookies()
	f.post("/auth/login/", `{"username":"alice","password":"wrong"}`).want(401, badLogin).wantCookies()

	r := f.post("/auth/login/", `{"username":"alice","password":"`+alicePassword+`","remember":true}`)
	r.wantCookies("dev_refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax")
	r.want(200, browserGrant(`"access":"<jwt>",`, `,"user":`+aliceLooks))
	f.header = map[string][]string{"X-Csrftoken": {r.text("csrf_token")}}
	f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(200, aliceLooks)
	f.get("/auth/users/me/").want(401, anonymous) // the refresh cookie opens nothing but refreshing

	r = f.get("/auth/session/").want(200, `{"authenticated":true,"csrf_token":"<csrf>","session":{"id":"<session>","idle_expires_in":1209600,"absolute_expires_in":7776000},"user":`+aliceLooks+`}`)
	f.header = map[string][]string{"X-Csrftoken": {r.text("csrf_token")}} // a page that was opened again has its token from here

	for range 2 { // the second confirms
		f.clock.Advance(31 * time.Second)
		r = f.post("/auth/refresh/", "")
	}
	r.want(200, strings.Replace(browserGrant(`"access":"<jwt>",`, ""), "7776000", "7775938", 1)) // the idle life starts again, the absolute one never

	f.post("/auth/logout/", "").want(204, "").wantCookies(clearedRefresh, clearedCSRF).wantHeader("Content-Type", "")
	f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(401, notValid("Token is blacklisted"))
	f.post("/auth/logout/", "").want(204, "").wantCookies(clearedRefresh, clearedCSRF)
	f.get("/auth/session/").want(200, `{"authenticated":false}`)
}

func TestRemember(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	lasting := []string{"dev_refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax"}
	passing := []string{"dev_refresh=<value>; Path=/; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; SameSite=Lax"}
	for remember, cookies := range map[string][]string{
		`true`: lasting, `"on"`: lasting, `1`: lasting, `"TRUE"`: lasting, `false`: passing, `"0"`: passing, `0.0`: passing, `"no"`: passing,
	} {
		f.other().post("/auth/login/", `{"username":"alice","password":"`+alicePassword+`","remember":`+remember+`}`).wantCookies(cookies...)
	}
	f.other().post("/auth/login/", aliceLogsIn).wantCookies(passing...)
	f.other().post("/auth/login/", "remember=&username=alice&password="+strings.ReplaceAll(alicePassword, " ", "+")).wantCookies(passing...)
	f.other().post("/auth/login/", "remember=on&username=alice&password="+strings.ReplaceAll(alicePassword, " ", "+")).wantCookies(lasting...)
	for _, odd := range []string{`"perhaps"`, `2`, `[true]`, `""`} {
		f.post("/auth/login/", `{"username":"alice","password":"x","remember":`+odd+`}`).want(400, `{"remember":["Must be a valid boolean."]}`)
	}
	f.post("/auth/login/", `{"username":"alice","password":"x","remember":null}`).want(400, `{"remember":["This field may not be null."]}`)
}

func TestAccessCarriers(t *testing.T) {
	t.Parallel()
	access := "dev_access=<value>; Path=/; Max-Age=<access>; HttpOnly; SameSite=Lax"
	others := []string{"dev_refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax"}
	login := `{"username":"alice","password":"` + alicePassword + `","remember":true}`
	t.Run("cookie", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{AccessCarrier: httpapi.AccessInCookie})
		r := f.post("/auth/login/", login).wantCookies(append(others, access)...)
		r.want(200, browserGrant("", `,"user":`+aliceLooks))
		f.get("/auth/users/me/").want(200, aliceLooks).wantHeader("Vary", "Origin; Accept; Cookie")
	})
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{AccessCarrier: httpapi.AccessInBoth})
		r := f.post("/auth/login/", login).wantCookies(append(others, access)...)
		f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(200, aliceLooks)
		f.get("/auth/users/me/").want(200, aliceLooks)
	})
}

// An endless password costs nobody any work, and is refused alike whether there is such a user or not.
func TestEndlessPassword(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for _, name := range []string{"alice", "nobody"} {
		for _, length := range []int{1025, 4096} {
			body := `{"username":"` + name + `","password":"` + strings.Repeat("a", length) + `"}`
			f.post("/auth/jwt/create/", body).want(400, `{"password":["Ensure this field has no more than 1024 characters."]}`)
		}
		f.post("/auth/jwt/create/", `{"username":"`+name+`","password":"`+strings.Repeat("a", 1<<20)+`"}`).want(413, `{"detail":"Request body is too large.","code":"too_large"}`)
		f.post("/auth/jwt/create/", `{"username":"`+name+`","password":"`+strings.Repeat("a", 257)+`"}`).want(401, badLogin)
	}
}
