package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, s config.Sources) config.Config {
	t.Helper()
	c, err := config.Load(s)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func TestLoad(t *testing.T) {
	t.Parallel()

	t.Run("Defaults", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sources{})
		if err := c.Check(); err != nil {
			t.Errorf("Check: %v", err)
		}
		got := []string{c.Listen, c.PublicURL, c.Issuer, c.Database, c.MasterKeyFile, c.SessionIdle.String(), c.RateLimits}
		want := []string{
			"127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080", "sqlite:cartouche-data/cartouche.db", "cartouche-data/master.key",
			"336h0m0s", "on",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
	})

	t.Run("FlagBeatsVariableBeatsFile", func(t *testing.T) {
		t.Parallel()
		file := write(t, "c.yaml", "audience: file\nissuer: https://file.example\nlogin_field: email\nprefix: /file/\n", 0o600)
		c := load(t, config.Sources{
			Environment: []string{"CARTOUCHE_CONFIG=" + file, "CARTOUCHE_AUDIENCE=variable", "CARTOUCHE_ISSUER=https://variable.example", "HOME=/"},
			Flags:       map[string][]string{"audience": {"first", "flag"}},
		})
		got := []string{c.Audience, c.Issuer, c.LoginField, c.Prefix, c.UserIDs}
		if diff := cmp.Diff([]string{"flag", "https://variable.example", "email", "/file/", "uuid"}, got); diff != "" {
			t.Errorf("Load (-want +got):\n%s", diff)
		}
	})

	t.Run("FlagNamesTheFile", func(t *testing.T) {
		t.Parallel()
		file := write(t, "c.yaml", "audience: file\n", 0o600)
		c := load(t, config.Sources{Environment: []string{"CARTOUCHE_CONFIG=/nowhere"}, Flags: map[string][]string{"config": {file}}})
		if c.Audience != "file" {
			t.Errorf("Load: audience %q, want that of the flag's file", c.Audience)
		}
	})

	t.Run("EmptyVariableCountsAsAbsent", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Sources{Environment: []string{"CARTOUCHE_PUBLIC_URL="}}); c.PublicURL != "http://127.0.0.1:8080" {
			t.Errorf("Load: public_url %q, want the default", c.PublicURL)
		}
	})

	t.Run("VariablesOfOthers", func(t *testing.T) {
		t.Parallel()
		load(t, config.Sources{Environment: []string{
			"CARTOUCHE_MASTER_KEY=x", "CARTOUCHE_TEST_POSTGRES=x", "CARTOUCHE_SERVICE_HOST=10.0.0.1", "CARTOUCHE_SERVICE_PORT=80",
			"CARTOUCHE_SERVICE_PORT_HTTP=80", "CARTOUCHE_PORT=tcp://10.0.0.1:80", "CARTOUCHE_PORT_80_TCP_ADDR=10.0.0.1",
		}})
	})

	t.Run("PortIsKnownAfterListening", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sources{Flags: map[string][]string{"listen": {"localhost:0"}}}).Bound(4711)
		if c.Listen != "localhost:4711" || c.PublicURL != "http://localhost:4711" || c.Issuer != "http://localhost:4711" {
			t.Errorf("Bound: got %s, %s, %s", c.Listen, c.PublicURL, c.Issuer)
		}
	})
}

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

	t.Run("MistakesInside", func(t *testing.T) {
		t.Parallel()
		file := write(t, "c.yaml", `
dialects:
  - {name: mine, cookis: {}, cookies: {refresh: {nam: x}}, routes: [{path: /x, operation: login, statuss: 1, refusals: {a: {staus: 400}}}]}
  - {routes: []}
  - 7
  - djosr
  - {name: other, routes: [{path: /y, operation: login, status: many}]}
`, 0o600)
		_, err := config.Load(config.Sources{Flags: map[string][]string{"config": {file}}})
		wantLines(t, err, []string{
			"cookies.refresh.nam: is not known; did you mean name?", "cookis: is not known; did you mean cookies?",
			"routes[0].refusals.a.staus: is not known; did you mean status?", "routes[0].statuss: is not known; did you mean status?",
			"needs a name", "7: must be the name of a dialect", `"djosr" is not known`, "dialect other: ",
		})
	})
}

// wantLines asks that an error mentions each of the texts.
func wantLines(t *testing.T, err error, texts []string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not mention %q:\n%v", text, err)
		}
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	file := write(t, "c.yaml", `
session_idel: 5d
master_key: c2VjcmV0LWluLXRoZS13cm9uZy1wbGFjZQ==
access_lifetime: 300
audience: 7
cross_site: maybe
password_min_length: long
trusted_proxies: [1, 2]
rate_limits: true
config: other.yaml
`, 0o600)
	c, err := config.Load(config.Sources{
		Environment: []string{"CARTOUCHE_LISTN=:1", "CARTOUCHE_Listen=:1", "CARTOUCHE_MASTERKEY=hunter22222", "CARTOUCHE_USER_IDS=number"},
		Flags:       map[string][]string{"config": {file}, "login_field": {"phone"}, "signing_algorithm": {"RS256"}},
	})
	wantLines(t, err, []string{
		file + ": session_idel: is not a setting; did you mean session_idle?",
		file + ": master_key: is not a setting; did you mean master_key_file?",
		file + ": access_lifetime: 300: must be a duration such as",
		file + ": audience: 7: must be text; put it in quotes",
		file + `: cross_site: "maybe": must be true or false`,
		file + `: password_min_length: "long": must be a whole number`,
		file + ": trusted_proxies: 1: must be text",
		file + ": rate_limits: true: must be on, shared or off",
		file + ": config: is not a setting",
		"CARTOUCHE_LISTN: is not a setting; did you mean CARTOUCHE_LISTEN?",
		"CARTOUCHE_Listen: is not a setting",
		"CARTOUCHE_MASTERKEY: is not a setting; did you mean CARTOUCHE_MASTER_KEY?",
		`CARTOUCHE_USER_IDS: "number": must be uuid or integer`,
		`--login-field: "phone": must be username or email`,
		`--signing-algorithm: "RS256": must be ES256, EdDSA or HS256`,
	})
	for _, canary := range []string{"hunter22222", "c2VjcmV0"} {
		if strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows a value that may be a secret:\n%v", err)
		}
	}
	if err := c.Check(); err != nil {
		t.Errorf("Check: a setting that could not be read caused a second complaint: %v", err)
	}
}

func TestFileThatIsNoFileOfSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"Text":      {"postgres://u:hunter22222@h/d", "config: "},
		"List":      {"- hunter22222\n", "config: "},
		"Broken":    {"listen: [\nissuer: hunter22222", "config: "},
		"Duplicate": {"listen: a:1\nlisten: b:1\n", "already defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Sources{Flags: map[string][]string{"config": {write(t, "c.yaml", c.text, 0o600)}}})
			wantLines(t, err, []string{c.want})
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("the error quotes the file:\n%v", err)
			}
		})
	}
	t.Run("Missing", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sources{Flags: map[string][]string{"config": {"/nowhere/c.yaml"}}})
		wantLines(t, err, []string{"config: open /nowhere/c.yaml: no such file"})
	})
	t.Run("Empty", func(t *testing.T) {
		t.Parallel()
		load(t, config.Sources{Flags: map[string][]string{"config": {write(t, "c.yaml", "# nothing yet\n", 0o600)}}})
	})
}

func TestWriteYAML(t *testing.T) {
	t.Parallel()
	first := load(t, config.Sources{
		Flags:       map[string][]string{"config": {write(t, "c.yaml", ownDialect, 0o600)}, "session_idle": {"20d"}, "allowed_origins": {"https://a.example"}},
		Environment: []string{"CARTOUCHE_CROSS_SITE=true", "CARTOUCHE_PASSWORD_MIN_LENGTH=12", "CARTOUCHE_RATE_LIMITS=off"},
	})
	var text bytes.Buffer
	if err := first.WriteYAML(&text); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"session_idle: 20d", "# --session-idle", "# CARTOUCHE_CROSS_SITE", "c.yaml\n", "# default", `rate_limits: "off"`} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("WriteYAML: no %q in\n%s", line, text.String())
		}
	}
	printed := strings.ReplaceAll(text.String(), "\nconfig: ", "\n# config: ")
	second := load(t, config.Sources{Flags: map[string][]string{"config": {write(t, "again.yaml", printed, 0o600)}}})
	for _, v := range first.Views() {
		for _, w := range second.Views() {
			if v.Name == w.Name && v.Name != "config" && cmp.Diff(v.Value, w.Value) != "" {
				t.Errorf("%s: %v became %v", v.Name, v.Value, w.Value)
			}
		}
	}
}

// The settings stand in the log of every deployment: a password must not.
func TestPasswordOfTheDatabaseIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:hunter22222@h/d", "postgres://u:hunt@er22222@h/d", "postgres://u:hunter/22222@h/d", "postgres://u:hunter#22222@h/d", "postgres://u:%zzhunter@h/d",
		"postgres://h/d?user=u&password=hunter22222", "postgres://h/d?sslpassword=hunter22222&x=y", "mysql://u:hunter22222@h/d", "postgres://u:hunter@h:port/d",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			c := load(t, config.Sources{Environment: []string{"CARTOUCHE_DATABASE=" + url, "CARTOUCHE_AUDIENCE=" + url}})
			var shown bytes.Buffer
			if err := c.WriteYAML(&shown); err != nil {
				t.Fatal(err)
			}
			if err := c.Check(); err != nil {
				shown.WriteString(err.Error())
			}
			_, err := config.Load(config.Sources{Environment: []string{"CARTOUCHE_USER_IDS=" + url, "CARTOUCHE_SESSION_IDLE=" + url}})
			shown.WriteString(err.Error())
			if strings.Contains(shown.String(), "hunt") || strings.Contains(shown.String(), "22222") {
				t.Errorf("shown:\n%s", shown.String())
			}
		})
	}
}
