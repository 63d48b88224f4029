package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/rogpeppe/go-internal/txtar"
)

// fences finds the blocks of a page, each with the word that says what it is.
var fences = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// The page takes a team from Django to here. What it tells them to type is typed, in its order, on a Django database.
func TestComingFromDjangoWorksAsThePageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/how-to/coming-from-django.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	command := install(t, bin)
	refresh := djangoSite(t, dir)
	env := []string{"PATH=" + bin + ":/usr/bin:/bin", "HOME=" + dir}
	var address string
	for _, block := range fences.FindAllStringSubmatch(string(page), -1) {
		switch kind, text := block[1], block[2]; kind {
		case "yaml":
			write(t, filepath.Join(dir, "cartouche.yaml"), text)
		case "sh":
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "cartouche serve") {
					address = serveLine(t, command, line, dir, env)
					continue
				}
				run := exec.Command("sh", "-c", line)
				run.Dir, run.Env = dir, env
				if output, err := run.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", line, err, output)
				}
			}
		}
	}
	if address == "" {
		t.Fatal("the page starts no server")
	}
	for _, ask := range [][3]string{
		{"/auth/jwt/create/", `{"username":"ada","password":"correct horse 9"}`},
		{"/auth/jwt/refresh/", `{"refresh":"` + refresh + `"}`},
		{"/auth/refresh/", `{}`, "sessionid=k3v9s0x1q2w3e4r5t6y7u8i9o0p1a2s3"},
	} {
		if status, answer := postJSON(t, "http://"+address+ask[0], ask[1], ask[2]); status != http.StatusOK || !strings.Contains(answer, `"access":"`) {
			t.Errorf("%s: %d %s", ask[0], status, answer)
		}
	}
}

// serveLine runs a server as a line of the page says, but on any free port.
func serveLine(t *testing.T, command, line, dir string, env []string) string {
	t.Helper()
	s := &process.Server{Args: append(strings.Fields(line)[1:], "--listen", "127.0.0.1:0"), Dir: dir, Env: env}
	if err := s.Start(command); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(syscall.SIGTERM); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Log())
		}
	})
	return s.Address
}

// djangoSite makes the database and the key file of the script about imports, and answers the refresh token in it.
func djangoSite(t *testing.T, dir string) string {
	t.Helper()
	script, err := txtar.ParseFile("testdata/stores/import.txtar")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "db.sqlite3"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for line := range bytes.Lines(script.Comment) {
		if len(bytes.TrimSpace(line)) == 0 {
			break // the database is made in the first paragraph
		}
		if statement, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "sql db.sqlite3 '"); ok {
			statement = strings.ReplaceAll(strings.TrimSuffix(statement, "'"), "''", "'")
			if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	for _, file := range script.Files {
		if file.Name == "secret_key.txt" {
			write(t, filepath.Join(dir, file.Name), string(file.Data))
		}
	}
	var token string
	if err := db.QueryRowContext(t.Context(), `SELECT token FROM token_blacklist_outstandingtoken`).Scan(&token); err != nil {
		t.Fatal(err)
	}
	return token
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func postJSON(t *testing.T, url, body, cookie string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
