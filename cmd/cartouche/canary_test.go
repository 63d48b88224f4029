package main_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime/quotedprintable"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/cartouche-auth/cartouche/authtest"
)

// canaries are the secrets of one run. Whatever the server writes is searched for them.
type canaries map[string]string

const (
	canaryPassword = "Canary-of-Alice-77"
	canaryNew      = "Canary-of-Alice-88-new"
	canaryWrong    = "Canary-of-Mallory-66"
	canaryFeed     = "canary5f9c1b7e5a2d4860c8e7f1a0b9d6e5c4"
)

// caged is a server that writes as much as it can, and a browser that tells it secrets.
type caged struct {
	t        *testing.T
	s        *process.Server
	client   *http.Client
	canaries canaries
	refusals strings.Builder // every answer that is an error, headers and body
}

// Whoever reads the log, the metrics, the feed, an error or a copy of the data must find no password, token or cookie (secrets in logs).
func TestNoSecretIsEverWritten(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		searchCage(t, newCage(t, "sqlite:data/canary.db"), nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		address, err := url.Parse(authtest.PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		c := newCage(t, address.String())
		c.canaries["database password"], _ = address.User.Password() // random, because the tests start a server of their own
		searchCage(t, c, func() map[string]string { return tablesOf(t, address.String()) })
	})
}

// searchCage searches what a server wrote; tables are those of a database that keeps its files elsewhere.
func searchCage(t *testing.T, c *caged, tables func() map[string]string) {
	t.Helper()
	c.liveAnAccount()
	c.sendRubbish()
	written := map[string]string{
		"metrics": c.body("GET", "http://"+c.s.Operations+"/metrics", ""),
		"feed":    c.body("GET", "http://"+c.s.Address+"/auth/revocations/", "", "Authorization", "Bearer "+canaryFeed),
	}
	if err := c.s.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, c.s.Log())
	}
	written["stderr"], written["stdout"], written["errors"] = c.s.Log(), c.s.Out.String(), c.refusals.String()
	if tables != nil {
		maps.Copy(written, tables())
	}
	maps.Copy(written, filesIn(t, filepath.Join(c.s.Dir, "data")))
	refusals := strings.Count(written["errors"], "HTTP/1.1 ")
	if n := strings.Count(written["stderr"], `"msg":"request"`); n < 15 || refusals < 50 || len(c.canaries) < 12 || len(written["feed"]) < 50 || len(written["metrics"]) < 1000 {
		t.Fatalf("too little was done to tell: %d requests, %d errors, %d secrets", n, refusals, len(c.canaries))
	}
	for name, canary := range c.canaries {
		for place, text := range written {
			for form, disguised := range disguises(canary) {
				if strings.Contains(text, disguised) {
					t.Errorf("%s holds the %s (%s)", place, name, form)
				}
			}
		}
	}
	wantJSONLines(t, written["stderr"])
}

func newCage(t *testing.T, database string) *caged {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "feed"), canaryFeed+"\n", 0o600)
	s := &process.Server{Dir: dir, Env: []string{"HOME=" + dir, "CARTOUCHE_DATABASE=" + database}, Args: []string{
		"serve", "--listen", "127.0.0.1:0", "--operations-listen", "127.0.0.1:0", "--log-level", "debug", "--data-dir", "data", "--feed-tokens-file", "feed",
		"--mail", "file:mails", "--mail-from", "a@example.com", "--send-activation-email", "--send-confirmation-email", "--password-changed-email-confirmation",
	}}
	if err := s.Start(install(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	return &caged{t: t, s: s, client: &http.Client{Jar: newJar(), Timeout: process.Patience}, canaries: canaries{
		"password": canaryPassword, "new password": canaryNew, "wrong password": canaryWrong, "feed token": canaryFeed,
	}}
}

// liveAnAccount registers, activates, signs in, refreshes, fails, forgets the password and signs out.
func (c *caged) liveAnAccount() {
	c.t.Helper()
	c.post("users/", map[string]any{"username": "alice", "email": "alice@example.com", "password": canaryPassword})
	uid, token := c.link("activate")
	c.canaries["activation token"] = token
	c.post("users/activation/", map[string]any{"uid": uid, "token": token})
	c.post("login/", map[string]any{"username": "alice", "password": canaryWrong})
	c.post("login/", map[string]any{"username": "alice", "password": canaryPassword, "remember": true})
	c.post("refresh/", map[string]any{})
	c.keepCookies()
	tokens := c.post("jwt/create/", map[string]any{"username": "alice", "password": canaryPassword})
	for _, name := range []string{"access", "refresh"} {
		text, ok := tokens[name].(string)
		if !ok {
			c.t.Fatalf("sign-in: no %s token in %v", name, tokens)
		}
		c.canaries[name+" token"], c.canaries["signature of the "+name+" token"] = text, text[len(text)-30:]
	}
	c.body("GET", c.url("users/me/"), "", "Authorization", "Bearer "+c.canaries["access token"])
	c.body("GET", c.url("users/me/?token="+c.canaries["access token"]), "")
	c.post("jwt/refresh/", map[string]any{"refresh": c.canaries["refresh token"]})
	c.post("jwt/verify/", map[string]any{"token": c.canaries["access token"]})
	c.post("users/reset_password/", map[string]any{"email": "alice@example.com"})
	uid, token = c.link("reset-password")
	c.canaries["reset token"] = token
	c.body("GET", c.url("reset-password/"+uid+"/"+token+"/"), "")
	c.post("users/reset_password_confirm/", map[string]any{"uid": uid, "token": token, "new_password": canaryNew})
	c.post("login/", map[string]any{"username": "alice", "password": canaryNew})
	c.keepCookies()
	c.post("logout/", map[string]any{})
}

// sendRubbish makes the server complain, with secrets in every place where a complaint could quote them.
func (c *caged) sendRubbish() {
	c.t.Helper()
	c.canaries["bearer"], c.canaries["cookie"], c.canaries["query"], c.canaries["body"], c.canaries["path"] =
		"canary-bearer-31", "canary-cookie-32", "canary-query-33", "canary-body-34", "canary-path-35"
	c.canaries["CSRF token"] = "canary-csrf-36"
	headers := []string{"Authorization", "Bearer canary-bearer-31", "Cookie", "refresh=canary-cookie-32; csrftoken=canary-csrf-36", "X-CSRFToken", "canary-csrf-36"}
	for _, method := range []string{"GET", "POST", "BREW"} {
		for _, path := range []string{"users/me/", "login/", "refresh/", "users/canary-path-35/", "nowhere/canary-path-35", "users/%00canary-path-35%ff"} {
			for _, body := range []string{`{"password": "canary-body-34`, "{\"password\": \"canary-body-34\x00\xff\"}", `{"username": ["canary-body-34"], "password": {"canary-body-34": 1}}`} {
				c.body(method, c.url(path+"?token=canary-query-33"), body, headers...)
			}
		}
	}
	for _, raw := range []string{
		"GET /auth/csrf/?token=canary-query-33 HTTP/9.9\r\n\r\n",
		"GET canary-path-35 HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /auth/login/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer canary-bearer-31\r\nbad header canary-bearer-31\r\n\r\n",
		"POST /auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"password\":\"canary-body-34\"}",
	} {
		c.refusals.WriteString(sendRaw(c.t, c.s.Address, raw)) // each is one
	}
}

func (c *caged) url(path string) string { return "http://" + c.s.Address + "/auth/" + path }

// body asks and answers what came back.
func (c *caged) body(method, address, body string, headers ...string) string {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, cookie := range c.client.Jar.Cookies(request.URL) {
		if strings.Contains(cookie.Name, "csrf") {
			request.Header.Set("X-CSRFToken", cookie.Value)
		}
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	head, err := httputil.DumpResponse(answer, false)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		c.refusals.Write(append(head, text...))
	}
	return string(text)
}

func (c *caged) post(path string, body map[string]any) map[string]any {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer map[string]any
	_ = json.Unmarshal([]byte(c.body("POST", c.url(path), string(text))), &answer) // some answers are empty
	return answer
}

// keepCookies takes the values of the browser's cookies down.
func (c *caged) keepCookies() {
	c.t.Helper()
	address, err := url.Parse(c.url("refresh/"))
	if err != nil {
		c.t.Fatal(err)
	}
	jar := c.client.Jar.Cookies(address)
	if len(jar) < 3 {
		c.t.Fatalf("the browser has the cookies %v, want one with a refresh token and one with a CSRF token", jar)
	}
	for _, cookie := range jar {
		if cookie.Name == "signed_in" { // worth nothing, and the same for everybody
			continue
		}
		c.canaries[fmt.Sprintf("cookie %s (%d)", cookie.Name, len(c.canaries))] = cookie.Value
	}
}

// link waits for a mail with a link to a page, and answers what it holds.
func (c *caged) link(page string) (uid, token string) {
	c.t.Helper()
	pattern := regexp.MustCompile("/" + page + `/([^/\s]+)/([^/\s]+)/`)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		for _, mail := range filesIn(c.t, filepath.Join(c.s.Dir, "mails")) {
			text, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(mail))) // it stops at what is not of its kind
			if found := pattern.FindStringSubmatch(string(text)); found != nil {
				return found[1], found[2]
			}
		}
		if err := c.t.Context().Err(); err != nil {
			break
		}
	}
	c.t.Fatalf("no mail with a link to %s", page)
	return "", ""
}

// disguises are the forms in which a secret is still one.
func disguises(secret string) map[string]string {
	forms := map[string]string{
		"as it is": secret, "escaped": url.QueryEscape(secret), "in hexadecimal": hex.EncodeToString([]byte(secret)),
		"in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "=")[:len(secret)],
	}
	if raw, err := base64.RawURLEncoding.DecodeString(secret); err == nil && len(raw) >= 16 {
		forms["its bytes"], forms["its bytes in hexadecimal"] = string(raw), hex.EncodeToString(raw)
	}
	return forms
}

// filesIn are the contents of all files in a folder; none when it does not exist.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && entry.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}
