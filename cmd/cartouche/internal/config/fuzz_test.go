package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// FuzzFile reads files of settings. Nothing makes the reader panic; a mistake names the file; and what is printed of a file without mistakes is a file without
// mistakes, which says the same.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"audience: a\nprefix: /x/\n", "listen: 127.0.0.1:1\nallowed_origins: [https://a.example]\n", "header_words: Bearer\nhide_users: no\n",
		"access_lifetime: 300\n", "session_idle: 14d\nsession_idle: 1d\n", "? [a]\n: b\n", "a: &a [*a]\n", "<<: {audience: x}\n", "audience: !!binary eA==\n",
		"dialects: [{name: x, extends: djoser}]\n", "- audience\n", "audience: ~\n", "audience.x: 1\n", "\x00", "mail: smtp://a:b@c\n", "public_url: 2001-01-01\n",
	} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "cartouche.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := loadText(t, path, text)
		checked := c.Check() // also of what is half right: people hear of all mistakes at once
		if err != nil {
			if !strings.Contains(err.Error(), "cartouche.yaml") {
				t.Errorf("the mistake names no file: %v\n%q", err, text)
			}
			return
		}
		var first, second bytes.Buffer
		if err := c.WriteYAML(&first); err != nil {
			t.Fatalf("WriteYAML: %v\n%q", err, text)
		}
		if checked != nil || strings.Contains(text, "@") { // a wrong value may be printed as it is, and a password is hidden
			return
		}
		again, err := loadText(t, path, first.String())
		if err == nil {
			err = again.WriteYAML(&second)
		}
		if err != nil || values(first.String()) != values(second.String()) {
			t.Errorf("what is printed reads as something else: %v\n%s\n%s", err, first.String(), second.String())
		}
	})
}

func loadText(t *testing.T, path, text string) (config.Config, error) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(config.Sources{Flags: map[string][]string{"config": {path}}})
}

// values are the printed settings without where they come from.
func values(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		value, _, _ := strings.Cut(line, "  # ")
		kept = append(kept, strings.TrimRight(value, " "))
	}
	return strings.Join(kept, "\n")
}

// FuzzVariable reads one setting from the environment: a mistake names the variable, and shows no password.
func FuzzVariable(f *testing.F) {
	for _, seed := range [][2]string{
		{"AUDIENCE", "a"},
		{"MAIL", "smtp://ada:%s@mail.example"},
		{"DATABASE", "postgres://u:%s@h/d"},
		{"ALLOWED_ORIGINS", "https://a.example,https://b.example"},
		{"ACCESS_LIFETIME", "5m"},
		{"SESSION_IDEL", "1d"},
		{"PUBLIC_URL", "https://[::1"},
		{"HIDE_USERS", "perhaps"},
		{"CONFIG", "/nowhere"},
		{"LIMITS_URL", "valkey://:x@h"},
	} {
		f.Add(seed[0], seed[1])
	}
	const canary = "canary-of-a-password"
	f.Fuzz(func(t *testing.T, name, text string) {
		variable := "CARTOUCHE_" + name
		if strings.ContainsAny(name, "=\x00") || name == "CONFIG" {
			return
		}
		c, err := config.Load(config.Sources{Environment: []string{variable + "=" + text}})
		_ = c.Check() // must not panic
		if err != nil && !strings.Contains(err.Error(), variable) {
			t.Errorf("the mistake does not name %s: %v", variable, err)
		}
		d, err := config.Load(config.Sources{Environment: []string{"CARTOUCHE_DATABASE=postgres://ada:" + canary + "@" + text, "CARTOUCHE_MAIL=smtp://ada:" + canary + "@" + text}})
		if shown := fmt.Sprint(err, d.Check()); strings.Contains(shown, canary) {
			t.Errorf("a mistake shows a password: %s", shown)
		}
	})
}
