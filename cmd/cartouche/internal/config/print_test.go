package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

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
	printed := text.String()
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
