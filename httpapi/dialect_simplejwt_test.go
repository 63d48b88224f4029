package httpapi_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"
)

// axiosApp decodes both tokens to see when they end, refreshes before it asks, keeps what it is given, and signs out on a 401.
type axiosApp struct {
	*frontEnd
	access, refresh string
}

// left is how long a token lives, as the app reads it.
func (a *axiosApp) left(jwt string) time.Duration {
	a.t.Helper()
	exp, err := claimsOf(a.t, jwt)["exp"].(json.Number).Int64()
	if err != nil {
		a.t.Fatalf("exp: %v", err)
	}
	return time.Unix(exp, 0).Sub(a.clock.Now())
}

func (a *axiosApp) keep(r reply) {
	a.t.Helper()
	a.access, a.refresh = r.text("access"), r.text("refresh")
}

// me asks for the profile through the interceptor.
func (a *axiosApp) me() reply {
	a.t.Helper()
	if a.left(a.access) <= 0 {
		if a.left(a.refresh) <= 0 {
			a.t.Fatal("signed out by the clock")
		}
		a.keep(a.post("/auth/token/refresh/", `{"refresh":"`+a.refresh+`"}`).want(200, `{"access":"<jwt>","refresh":"<jwt>"}`))
	}
	return a.get("/auth/users/me/", "Authorization", "Bearer "+a.access)
}

func TestSimpleJWTJourney(t *testing.T) {
	t.Parallel()
	a := &axiosApp{frontEnd: newFrontEnd(t, dialect(t, "simplejwt"))}
	a.header = map[string][]string{"Accept": {"application/json, text/plain, */*"}}
	const me = `{"email":"alice@example.com","id":1,"username":"alice"}`
	a.post("/auth/token/", `{"username":"alice","password":"wrong"}`).want(401, badLogin).wantHeader("WWW-Authenticate", challenge)
	a.keep(a.post("/auth/token/", `{"username":"alice","password":"`+alicePassword+`"}`).want(200, signedIn).wantCookies())
	if left := a.left(a.access); left < 4*time.Minute || left > 5*time.Minute {
		t.Errorf("access token lives %s, want 5 minutes less up to a tenth", left)
	}
	if left := a.left(a.refresh); left != 14*24*time.Hour {
		t.Errorf("refresh token lives %s, want 14 days", left)
	}
	if claims := claimsOf(t, a.refresh); claims["token_type"] != "refresh" || claims["user_id"] != "1" || len(claims["jti"].(string)) != 32 {
		t.Errorf("refresh token says %v", claims)
	}
	for range 5 { // pages through an afternoon
		a.me().want(200, me)
		a.clock.Advance(10 * time.Minute)
	}

	// Two components notice the end of the token in the same moment, and both refresh.
	answers := make([]reply, 2)
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = a.post("/auth/token/refresh/", `{"refresh":"`+a.refresh+`"}`) })
	}
	both.Wait()
	for _, r := range answers {
		r.want(200, `{"access":"<jwt>","refresh":"<jwt>"}`)
	}
	a.keep(answers[1])

	// The answer of a refresh is lost, and the app tries again with what it has.
	a.clock.Advance(10 * time.Minute)
	a.post("/auth/token/refresh/", `{"refresh":"`+a.refresh+`"}`)
	a.me().want(200, me)

	// An access token for a refresh token is a mistake that names itself.
	a.post("/auth/token/refresh/", `{"refresh":"`+a.access+`"}`).want(401, refusedToken("Token has wrong type"))

	// Signing out here ends the access token too; the next 401 makes the app forget both.
	a.post("/auth/token/blacklist/", `{"refresh":"`+a.refresh+`"}`).want(200, `{}`)
	a.me().want(401, notValid("Token is blacklisted")).wantHeader("WWW-Authenticate", challenge)
	a.post("/auth/token/refresh/", `{"refresh":"`+a.refresh+`"}`).want(401, refusedToken("Token is blacklisted"))
	a.post("/auth/token/verify/", `{"token":"`+a.refresh+`"}`).want(401, refusedToken("Token is blacklisted"))
}

// An app that has only one token exchanges it while it lives.
func TestSlidingJourney(t *testing.T) {
	t.Parallel()
	a := &axiosApp{frontEnd: newFrontEnd(t, dialect(t, "simplejwt"))}
	token := a.post("/auth/token/sliding/", `{"username":"alice","password":"`+alicePassword+`"}`).want(200, `{"token":"<jwt>"}`).text("token")
	started := a.clock.Now()
	for a.clock.Now().Sub(started) < 24*time.Hour-4*time.Minute {
		a.clock.Advance(4 * time.Minute)
		token = a.post("/auth/token/sliding/refresh/", `{"token":"`+token+`"}`).want(200, `{"token":"<jwt>"}`).text("token")
	}
	if left := a.left(token); left > 4*time.Minute {
		t.Errorf("the last token lives %s, beyond the window", left)
	}
	a.clock.Advance(4 * time.Minute)
	a.post("/auth/token/sliding/refresh/", `{"token":"`+token+`"}`).want(401, refusedToken("Token is expired"))
}
