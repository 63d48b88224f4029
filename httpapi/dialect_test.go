package httpapi_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// ours is a dialect as a user would write it into a configuration file.
func ours() httpapi.Dialect {
	return httpapi.Dialect{
		Name:       "ours",
		UserFields: []string{"id", "username"},
		Cookies: httpapi.DialectCookies{
			Refresh: httpapi.DialectCookie{Name: "rt", Path: "/api/"},
			CSRF:    httpapi.DialectCookie{Name: "csrftoken"},
		},
		Routes: []httpapi.Route{
			{Path: "/api/sign-in/", Operation: httpapi.OpLogin, Carrier: httpapi.InCookie, Answer: `{"token":{access},"me":{user},"live":{access_expires_in}}`, Status: 201},
			{Path: "/api/renew/", Operation: httpapi.OpRefresh, Carrier: httpapi.InCookie, Answer: `{"token":{access},"me":{user},"kept":true}`},
			{Path: "/api/sign-out/", Operation: httpapi.OpLogout, Carrier: httpapi.InCookie, Status: 204},
			{Path: "{prefix}whoami", Operation: httpapi.OpMe, Answer: `{"data":{"me":{user}}}`},
			{Path: "/api/devices/{id}/", Operation: httpapi.OpSessionByID, Refusals: map[string]httpapi.Refusal{"not_found": {Status: 410}}},
		},
		Refusals: map[string]httpapi.Refusal{
			"bad_credentials": {Status: 400, Body: `{"error":"No such user or wrong password."}`},
			"token_not_valid": {Body: `{"error":"Sign in again."}`},
		},
	}
}

func TestOwnDialect(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{Dialects: []httpapi.Dialect{ours()}})
	f.undocumented = true
	f.post("/api/sign-in", `{"username":"alice","password":"wrong"}`).want(400, `{"error":"No such user or wrong password."}`).wantHeader("WWW-Authenticate", "")
	r := f.post("/api/sign-in/", aliceLogsIn)
	if r.status != 201 || !strings.HasPrefix(scrub(r.body), `{"token":"<jwt>","me":{"id":1,"username":"alice"},"live":2`) {
		t.Errorf("sign-in: got %d %s", r.status, r.body)
	}
	r.wantCookies("rt=<value>; Path=/api/; Max-Age=1209600; HttpOnly; SameSite=Lax", csrfCookie)
	token := f.cookie("csrftoken", "/")
	// A refresh does not read the user, so the member is left out.
	access := f.post("/api/renew/", "", "X-CSRFToken", token).want(200, `{"token":"<jwt>","kept":true}`).text("token")
	f.get("/auth/whoami/", "Authorization", "Bearer "+access).want(200, `{"data":{"me":{"id":1,"username":"alice"}}}`)
	f.get("/auth/whoami", "Authorization", "Bearer x").want(401, `{"error":"Sign in again."}`).wantHeader("WWW-Authenticate", challenge)
	f.get("/auth/whoami").want(401, anonymous)
	f.call("DELETE", "/api/devices/"+strings.Repeat("0", 32), "", "Authorization", "Bearer "+access).want(410, notFound)
	f.post("/api/sign-out/", "", "X-CSRFToken", token).want(204, "")
	f.post("/auth/jwt/verify/", `{"token":"`+access+`"}`).want(401, refusedToken("Token is blacklisted")) // the native routes keep their texts
}

// Everything that is wrong with a dialect is said at the start, and at once.
func TestDialectMistakes(t *testing.T) {
	t.Parallel()
	svc := authtest.NewService(t, authtest.SQLite(t), authtest.NewClock())
	for name, c := range map[string]struct {
		change func(*httpapi.Dialect)
		want   string
	}{
		"no mistake":             {func(*httpapi.Dialect) {}, ""},
		"relative path":          {func(d *httpapi.Dialect) { d.Routes[0].Path = "api/" }, `path "api/": must begin with /`},
		"path with a wildcard":   {func(d *httpapi.Dialect) { d.Routes[0].Path = "/{x...}" }, "must begin with / and have segments of letters"},
		"path with a method":     {func(d *httpapi.Dialect) { d.Routes[0].Path = "/a b/" }, "must begin with / and have segments of letters"},
		"path with dots":         {func(d *httpapi.Dialect) { d.Routes[0].Path = "/a/../b" }, "must begin with / and have segments of letters"},
		"path with two slashes":  {func(d *httpapi.Dialect) { d.Routes[0].Path = "/a//b/" }, "must begin with / and have segments of letters"},
		"id where none belongs":  {func(d *httpapi.Dialect) { d.Routes[0].Path = "/api/{id}/" }, "{id} belongs to the operation session_by_id"},
		"sign-in by anything":    {func(d *httpapi.Dialect) { d.Routes[0].LoginBy = []string{"username", "phone"} }, `login_by: "phone": must be username or email`},
		"a limit of nothing":     {func(d *httpapi.Dialect) { d.Routes[0].Limits = map[string]int{"password": 0} }, "limits: password: must be positive"},
		"challenge of two lines": {func(d *httpapi.Dialect) { d.Challenge = "Token\r\nX: y" }, "challenge: "},
		"no id":                  {func(d *httpapi.Dialect) { d.Routes[4].Path = "/api/devices/" }, "{id} belongs to the operation session_by_id"},
		"path of a document":     {func(d *httpapi.Dialect) { d.Routes[0].Path = "/openapi.json" }, "is taken by a public document"},
		"path of a native route": {func(d *httpapi.Dialect) { d.Routes[0].Path = "/auth/login" }, "dialects native and ours both have the path /auth/login"},
		"path twice":             {func(d *httpapi.Dialect) { d.Routes[0].Path = "/api/renew" }, "dialects ours and ours both have the path /api/renew"},
		"unknown operation":      {func(d *httpapi.Dialect) { d.Routes[0].Operation = "drop" }, `operation "drop" is not known`},
		"unknown carrier":        {func(d *httpapi.Dialect) { d.Routes[0].Carrier = "url" }, `carrier "url": must be body or cookie`},
		"status of a refusal":    {func(d *httpapi.Dialect) { d.Routes[0].Status = 302 }, "status 302: must be 200 to 299"},
		"answer that is no JSON": {func(d *httpapi.Dialect) { d.Routes[0].Answer = `{"a":{access}` }, "answer: not JSON"},
		"unknown value":          {func(d *httpapi.Dialect) { d.Routes[0].Answer = `{"a":{password}}` }, "answer: not JSON"},
		"no field for the token": {func(d *httpapi.Dialect) { d.Routes[1].Carrier = httpapi.InBody }, "field: missing"},
		"no refresh cookie":      {func(d *httpapi.Dialect) { d.Cookies.Refresh = httpapi.DialectCookie{} }, "cookies: refresh: missing"},
		"no cookies":             {func(d *httpapi.Dialect) { d.Cookies = httpapi.DialectCookies{} }, "cookies: missing"},
		"no CSRF cookie":         {func(d *httpapi.Dialect) { d.Cookies.CSRF = httpapi.DialectCookie{} }, "cookies: csrf: missing"},
		"cookie of no name":      {func(d *httpapi.Dialect) { d.Cookies.CSRF.Name = "a b" }, "do not make a cookie"},
		"secret field":           {func(d *httpapi.Dialect) { d.UserFields = []string{"password_hash"} }, `user_fields: "password_hash" is not a field that may be shown`},
		"unknown code":           {func(d *httpapi.Dialect) { d.Refusals["bad_creds"] = httpapi.Refusal{} }, "refusal bad_creds: there is no such code"},
		"refusal that succeeds":  {func(d *httpapi.Dialect) { d.Refusals["token_not_valid"] = httpapi.Refusal{Status: 200} }, "refusal token_not_valid: status 200: must be 400 to 499"},
		"refusal that is no JSON": {
			func(d *httpapi.Dialect) { d.Refusals["token_not_valid"] = httpapi.Refusal{Body: "no"} },
			"refusal token_not_valid: not JSON",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := ours()
			c.change(&d)
			_, err := httpapi.New(svc, httpapi.Config{Dialects: []httpapi.Dialect{d}})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Every dialect can be switched on, and all of them together.
func TestAllDialectsTogether(t *testing.T) {
	t.Parallel()
	var config httpapi.Config
	for _, name := range httpapi.DialectNames() {
		d, err := httpapi.DialectNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		config.Dialects = append(config.Dialects, d)
	}
	f := newFrontEnd(t, config)
	f.post("/login/", aliceLogsIn).want(200, reactIn)
	f.post("/accounts/auth/login/", aliceLogsIn).want(200, `{}`)
	f.post("/accounts/auth/refresh_token/", "").want(200, `{}`)
	if _, err := httpapi.DialectNamed("dj"); err == nil || !strings.Contains(err.Error(), "there are djoser, simplejwt, hybrid, cookie, react-cookie, drf-jwt") {
		t.Errorf("unknown dialect: got %v", err)
	}
}
