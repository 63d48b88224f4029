package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// runIn runs the command to its end, in a folder and with an environment of its own, and answers its error output and exit code.
func runIn(t *testing.T, dir string, env []string, args ...string) (string, int) {
	t.Helper()
	run := exec.Command(install(t, t.TempDir()), args...)
	var stderr bytes.Buffer
	run.Dir, run.Env, run.Stderr = dir, env, &stderr
	err := run.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return stderr.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return stderr.String(), 0
}

// writeFile writes a file with exactly this mode, whatever the umask is.
func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

// What cannot be safe does not start, names the setting, and never prints the value of a secret.
func TestUnsafeStart(t *testing.T) {
	t.Parallel()
	const (
		weak  = "hunter22222hunter22222hunter22222"                // a secret that people choose
		short = "c2hvcnQtc2VjcmV0LXNob3J0"                         // 18 bytes
		ones  = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="     // one byte repeated
		good  = "Q0BdwO4hmUfvUNFUNCcNaUIcvlpGmIzMIaXCfmsVY2s="     // a master key
		hmac  = "9Xv2LmQ8rT5kYb3NcW7dZs4HpJf6GaUe1RtVo0Mi"         // a secret for HS256
		place = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="     // SHA-256 of "hello"
		words = "dGhpcyBpcyBhIHZlcnkgc2VjcmV0IGtleSBvZiBtaW5lISE=" // text
	)
	for name, c := range map[string]struct {
		args  []string
		env   []string
		files map[string]string // their contents, in files of mode 0600
		open  string            // a file that everybody may read
		want  string            // the setting that is to be named
	}{
		"MasterKeyIsShort":          {files: map[string]string{"k": short}, args: []string{"--master-key-file", "k"}, want: "master_key_file"},
		"MasterKeyIsOneByte":        {env: []string{"CARTOUCHE_MASTER_KEY=" + ones}, want: "CARTOUCHE_MASTER_KEY"},
		"MasterKeyIsText":           {env: []string{"CARTOUCHE_MASTER_KEY=" + words}, want: "CARTOUCHE_MASTER_KEY"},
		"MasterKeyIsNoKey":          {env: []string{"CARTOUCHE_MASTER_KEY=" + weak}, want: "CARTOUCHE_MASTER_KEY"},
		"MasterKeyIsReadable":       {files: map[string]string{"k": good}, open: "k", args: []string{"--master-key-file", "k"}, want: "master_key_file"},
		"SigningSecretIsAbsent":     {args: []string{"--signing-algorithm", "HS256"}, want: "signing_algorithm"},
		"SigningSecretIsShort":      {files: map[string]string{"s": short}, args: []string{"--signing-algorithm", "HS256", "--signing-secret-file", "s"}, want: "signing secret"},
		"SigningSecretIsAPattern":   {files: map[string]string{"s": weak}, args: []string{"--signing-algorithm", "HS256", "--signing-secret-file", "s"}, want: "signing secret"},
		"SigningSecretIsReadable":   {files: map[string]string{"s": hmac}, open: "s", args: []string{"--signing-algorithm", "HS256", "--signing-secret-file", "s"}, want: "signing_secret_file"},
		"TwoKindsOfSigner":          {files: map[string]string{"s": hmac}, args: []string{"--signing-secret-file", "s"}, want: "signing secret"},
		"UnknownAlgorithm":          {args: []string{"--signing-algorithm", "none"}, want: "--signing-algorithm"},
		"CORSForAll":                {args: []string{"--allowed-origins", "*"}, want: "allowed_origins"},
		"CORSForNull":               {args: []string{"--allowed-origins", "null"}, want: "allowed_origins"},
		"HTTPOffLoopback":           {args: []string{"--public-url", "http://auth.example.com"}, want: "public_url"},
		"NoPublicURL":               {args: []string{"--listen", ":0"}, want: "public_url"},
		"HTTPOnAllNetworks":         {args: []string{"--listen", ":0", "--public-url", "http://localhost:8080"}, want: "public_url"},
		"MetricsOnAllNetworks":      {args: []string{"--operations-listen", ":0"}, want: "operations_listen"},
		"ProfilesOnAllNetworks":     {args: []string{"--operations-listen", ":0", "--operations-public", "--operations-debug"}, want: "operations_debug"},
		"ProfilesForThePublic":      {args: []string{"--operations-debug"}, want: "operations_debug"},
		"DevelopmentOnAllNetworks":  {args: []string{"--dev", "--listen", "0.0.0.0:0"}, want: "listen"},
		"DevelopmentInPublic":       {args: []string{"--dev", "--public-url", "https://auth.example.com"}, want: "public_url"},
		"SameSiteNoneWithoutTLS":    {args: []string{"--cross-site"}, want: "cross_site"},
		"AccessTokensForAnHour":     {args: []string{"--access-lifetime", "1h"}, want: "access_lifetime"},
		"ShortPasswords":            {args: []string{"--password-min-length", "6"}, want: "password_min_length"},
		"CheapHashes":               {args: []string{"--password-profile", "tiny"}, want: "--password-profile"},
		"ProxiesByName":             {args: []string{"--trusted-proxies", "proxy"}, want: "trusted_proxies"},
		"DatabaseByMistake":         {env: []string{"CARTOUCHE_DATABASE=mysql://root:" + weak + "@h/d"}, want: "database"},
		"DatabasePasswordUnescaped": {env: []string{"CARTOUCHE_DATABASE=postgres://root:%" + weak + "@h/d"}, want: "database"},
		"SecretInTheWrongPlace":     {env: []string{"CARTOUCHE_MASTERKEY=" + good}, want: "CARTOUCHE_MASTERKEY"},
		"PlaceholderFromTheNet":     {env: []string{"CARTOUCHE_SECRET=" + place}, want: "CARTOUCHE_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range c.files {
				mode := os.FileMode(0o600)
				if file == c.open {
					mode = 0o644
				}
				writeFile(t, filepath.Join(dir, file), text+"\n", mode)
			}
			args := append([]string{"serve", "--listen", "127.0.0.1:0"}, c.args...)
			stderr, code := runIn(t, dir, c.env, args...)
			if code != 1 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %q; want 1, and mention of %s", code, stderr, c.want)
			}
			if slices.ContainsFunc([]string{"hunter2", short, ones, good, hmac, place, words}, func(canary string) bool { return strings.Contains(stderr, canary) }) {
				t.Errorf("the value of a secret is shown: %q", stderr)
			}
		})
	}
}
