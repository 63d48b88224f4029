package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func TestLists(t *testing.T) {
	t.Parallel()
	want := []string{"https://a.example", "https://b.example"}
	for name, s := range map[string]config.Sources{
		"RepeatedFlag":  {Flags: map[string][]string{"allowed_origins": {"https://a.example", "https://b.example"}}},
		"CommasInAFlag": {Flags: map[string][]string{"allowed_origins": {"https://a.example,https://b.example"}}},
		"Variable":      {Environment: []string{"CARTOUCHE_ALLOWED_ORIGINS=https://a.example, https://b.example"}},
		"YAML":          {Environment: []string{"CARTOUCHE_CONFIG=" + write(t, "c.yaml", "allowed_origins: [https://a.example, https://b.example]", 0o600)}},
		"TextInYAML":    {Environment: []string{"CARTOUCHE_CONFIG=" + write(t, "c.yaml", "allowed_origins: https://a.example,https://b.example", 0o600)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, load(t, s).AllowedOrigins); diff != "" {
				t.Errorf("allowed_origins (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1.5h": 90 * time.Minute, "14d": 336 * time.Hour, "1d12h": 36 * time.Hour, "0": 0, "0s": 0,
	} {
		if got := load(t, config.Sources{Flags: map[string][]string{"session_idle": {text}}}).SessionIdle; got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "5", "d", "-1d", "1d-2h", "99999999d", "1 d", "1.5d", "1x", "2d3"} {
		if _, err := config.Load(config.Sources{Flags: map[string][]string{"session_idle": {text}}}); err == nil {
			t.Errorf("%q: was read as a duration", text)
		}
	}
}

const ownDialect = `
dialects:
  - djoser
  - name: mine
    cookies:
      refresh: {name: rt, path: /x/}
      csrf: {name: ct}
    user_fields: [id, email]
    sliding: {lifetime: 5m, window: 24h}
    routes:
      - {path: /x/login, operation: login, carrier: cookie, answer: '{"t":{access}}', refusals: {bad_credentials: {status: 403, body: '{}'}}}
`

func TestDialects(t *testing.T) {
	t.Parallel()

	t.Run("NamesAndWholeOnes", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sources{Flags: map[string][]string{"config": {write(t, "c.yaml", ownDialect, 0o600)}}})
		if err := c.Check(); err != nil {
			t.Errorf("Check: %v", err)
		}
		if len(c.Dialects) != 2 || c.Dialects[0].Name != "djoser" {
			t.Fatalf("Load: dialects %+v", c.Dialects)
		}
		d := c.Dialects[1]
		got := []any{d.Name, d.Cookies.Refresh.Path, d.UserFields[1], d.Sliding.Window, string(d.Routes[0].Carrier), d.Routes[0].Refusals["bad_credentials"].Status}
		if diff := cmp.Diff([]any{"mine", "/x/", "email", 24 * time.Hour, "cookie", 403}, got); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
	})

	t.Run("ChangesToBuiltInOnes", func(t *testing.T) {
		t.Parallel()
		file := write(t, "c.yaml", `
dialects:
  - name: dj-rest-auth
    cookies: {access: {name: my-auth}, refresh: {path: /dj-rest-auth/}}
    user_fields: [pk]
rest_auth_tokens: both
rest_auth_login_by_email: true
`, 0o600)
		c := load(t, config.Sources{Flags: map[string][]string{"config": {file}}})
		if err := c.Check(); err != nil {
			t.Errorf("Check: %v", err)
		}
		builtIn, err := httpapi.DialectNamed("dj-rest-auth")
		if err != nil {
			t.Fatal(err)
		}
		want := httpapi.RestAuth{Tokens: httpapi.RestAuthBoth, LoginByEmail: true}.Apply(builtIn)
		want.UserFields, want.Cookies.Access.Name, want.Cookies.Refresh.Path = []string{"pk"}, "my-auth", "/dj-rest-auth/"
		routes, err := c.HTTP()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]httpapi.Dialect{want}, routes.Dialects, cmpopts.IgnoreUnexported(httpapi.Dialect{}, httpapi.Route{})); diff != "" {
			t.Errorf("HTTP (-want +got):\n%s", diff)
		}
	})

	t.Run("MistakesInside", func(t *testing.T) {
		t.Parallel()
		file := write(t, "c.yaml", `
dialects:
  - {name: mine, cookis: {}, cookies: {refresh: {nam: x}}, routes: [{path: /x, operation: login, statuss: 1, refusals: {a: {staus: 400}}}]}
  - {routes: []}
  - 7
  - djosr
  - {name: empty}
  - {name: other, routes: [{path: /y, operation: login, status: many}]}
`, 0o600)
		_, err := config.Load(config.Sources{Flags: map[string][]string{"config": {file}}})
		wantLines(t, err, []string{
			"cookies.refresh.nam: is not known; did you mean name?", "cookis: is not known; did you mean cookies?",
			"routes[0].refusals.a.staus: is not known; did you mean status?", "routes[0].statuss: is not known; did you mean status?",
			"needs a name", "dialect empty: has no routes", "7: must be the name of a dialect", `"djosr" is not known`, "dialect other: ",
		})
	})
}
