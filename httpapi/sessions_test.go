package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// devices signs alice in twice, and answers the tokens of both and the ids of their sessions.
func devices(t *testing.T, f *frontEnd) (access [2]string, ids [2]string) {
	t.Helper()
	for i := range access {
		access[i], _ = f.signIn()
		ids[i] = claimsOf(t, access[i])["sid"].(string)
		f.clock.Advance(time.Second)
	}
	return access, ids
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{Places: func(address string) string { return "where " + address + " is" }})
	f.header = map[string][]string{"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}}
	access, ids := devices(t, f)
	mine := []string{"Authorization", "Bearer " + access[0]}
	view := func(current, label, created, idle string) string {
		return `{"id":"<session>","current":` + current + `,"label":"` + label + `","method":"password","device":"Firefox on Linux",` +
			`"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0","address":"127.0.0.1","place":"where 127.0.0.1 is",` +
			`"created_at":"` + created + `","last_active_at":"` + created + `","idle_expires_in":12095` + idle + `,"absolute_expires_in":77759` + idle + `}`
	}
	f.get("/auth/sessions/", mine...).want(200, `[`+view("true", "", "2026-01-01T12:00:00Z", "98")+`,`+view("false", "", "2026-01-01T12:00:01Z", "99")+`]`)
	f.get("/auth/sessions/").want(401, anonymous)

	f.call("PATCH", "/auth/sessions/"+ids[1]+"/", `{"label":"Ünser tablet"}`, mine...).want(204, "").wantHeader("Content-Type", "")
	f.call("PATCH", "/auth/sessions/"+ids[1]+"/", `{}`, mine...).want(400, `{"label":["This field is required."]}`)
	f.call("PATCH", "/auth/sessions/"+ids[1]+"/", `{"label":"`+strings.Repeat("ü", 101)+`"}`, mine...).
		want(400, `{"label":["Ensure this field has no more than 100 characters."]}`)
	f.get("/auth/sessions/", mine...).want(200, `[`+view("true", "", "2026-01-01T12:00:00Z", "98")+`,`+view("false", "Ünser tablet", "2026-01-01T12:00:01Z", "99")+`]`)
	f.call("PATCH", "/auth/sessions/"+ids[1], `{"label":""}`, mine...).want(204, "")

	f.call("DELETE", "/auth/sessions/"+ids[1]+"/", "", mine...).want(204, "").wantHeader("Content-Type", "")
	f.get("/auth/users/me/", "Authorization", "Bearer "+access[1]).want(401, notValid("Token is blacklisted"))
	f.call("DELETE", "/auth/sessions/"+ids[1]+"/", "", mine...).want(404, notFound)
	f.get("/auth/sessions/"+ids[0]+"/", mine...).want(405, notAllowed("GET")).wantHeader("Allow", "PATCH, DELETE, OPTIONS")
}

func TestRevokingSessions(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := devices(t, f)
	f.post("/auth/sessions/revoke_others/", "", "Authorization", "Bearer "+access[0]).want(200, `{"ended":1}`)
	f.get("/auth/users/me/", "Authorization", "Bearer "+access[1]).want(401, notValid("Token is blacklisted"))
	f.post("/auth/sessions/revoke_others/", "", "Authorization", "Bearer "+access[0]).want(200, `{"ended":0}`)
	f.post("/auth/sessions/revoke_all/", "", "Authorization", "Bearer "+access[0]).want(200, `{"ended":1}`)
	f.get("/auth/users/me/", "Authorization", "Bearer "+access[0]).want(401, notValid("Token is blacklisted"))
}

// Somebody else's session is answered like one that never was, and lives on.
func TestForeignSession(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, ids := devices(t, f)
	f.post("/auth/users/", `{"username":"mallory","password":"correct horse"}`)
	mallory := "Bearer " + f.post("/auth/jwt/create/", `{"username":"mallory","password":"correct horse"}`).text("access")
	for _, id := range []string{ids[0], strings.Repeat("0", 32), strings.ToUpper(ids[0]), "1", "me", ids[0] + "0"} {
		f.call("DELETE", "/auth/sessions/"+id+"/", "", "Authorization", mallory).want(404, notFound)
		f.call("PATCH", "/auth/sessions/"+id+"/", `{"label":"mine"}`, "Authorization", mallory).want(404, notFound)
	}
	if got := f.get("/auth/sessions/?user=1&user_id=1", "Authorization", mallory); strings.Count(got.body, `"id"`) != 1 {
		t.Errorf("mallory's sessions: got %s, want his own", got.body)
	}
	f.get("/auth/users/me/", "Authorization", "Bearer "+access[0]).want(200, aliceLooks)
}

// Nothing of a user can be written through the route that shows him.
func TestMassAssignmentOfMe(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	before, err := f.svc.User(t.Context(), f.alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"PATCH", "PUT"} {
		body := `{"is_staff":true,"username":"root","password":"x","last_login":null,"sessions":[],"id":7,"first_name":"Eve","is_active":false}`
		f.call(method, "/auth/users/me/", body, "Authorization", "Bearer "+access).want(200, aliceLooks)
		f.call(method, "/auth/users/1/", body, "Authorization", "Bearer "+access).want(200, aliceLooks)
	}
	after, err := f.svc.User(t.Context(), f.alice.ID)
	if err != nil || after.Email != before.Email || after.FirstName != before.FirstName || !after.IsActive || after.IsStaff || after.Username != before.Username || after.PasswordHash != before.PasswordHash {
		t.Errorf("user: got %+v, %v, want %+v", after, err, before)
	}
}
