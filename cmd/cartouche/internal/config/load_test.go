package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
