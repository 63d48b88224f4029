package attack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// person is somebody with a browser, who may have an account. Two persons can be one with two devices.
type person struct {
	*testing.T
	*house
	id, email, password string
	address             string            // where he calls from
	jar                 map[string]string // the browser's cookies
	access, csrf        string
	hurried             bool // takes "busy" for an answer
}

// stranger has no account.
func (h *house) stranger(t *testing.T) *person {
	t.Helper()
	n := numbers.Add(1)
	return &person{T: t, house: h, email: fmt.Sprintf("p%d@example.com", n), password: password, address: address(), jar: map[string]string{}}
}

// unverified has an account whose address is not proved.
func (h *house) unverified(t *testing.T) *person {
	t.Helper()
	p := h.stranger(t)
	p.call("POST", "/auth/users/", fields("email", p.email, "password", p.password)).want(t, http.StatusCreated)
	p.id = strings.TrimSpace(strings.TrimPrefix(h.rows(t, "SELECT id FROM users WHERE email = ?", p.email), "id="))
	return p
}

// member has an account and is signed in.
func (h *house) member(t *testing.T) *person {
	t.Helper()
	p := h.unverified(t)
	uid, token := p.link("activate")
	p.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token)).want(t, http.StatusNoContent)
	p.signIn().want(t, http.StatusOK)
	return p
}

// again is the same person with another device, signed in there.
func (p *person) again() *person {
	p.Helper()
	q := p.newBrowser()
	q.signIn().want(p.T, http.StatusOK)
	return q
}

// newBrowser is the same person with a browser that nobody knows yet.
func (p *person) newBrowser() *person {
	q := *p
	q.jar, q.access, q.csrf, q.address = map[string]string{}, "", "", address()
	return &q
}

// clone is the same browser, so that an attack leaves the person's own alone.
func (p *person) clone() *person {
	q := *p
	q.jar = maps.Clone(p.jar)
	return &q
}

func (p *person) signIn() reply {
	p.Helper()
	return p.browse("POST", "/auth/login/", fields("email", p.email, "password", p.password))
}

func (p *person) refresh() reply {
	p.Helper()
	return p.browse("POST", "/auth/refresh/", "")
}

// refreshToken is what the browser hides from its pages.
func (p *person) refreshToken() string { return p.jar["__Host-Http-refresh"] }

// exchange uses a refresh token as a program does.
func (p *person) exchange(token string) reply {
	p.Helper()
	return p.call("POST", "/auth/jwt/refresh/", fields("refresh", token))
}

// me asks with an access token in the header.
func (p *person) me(access string) reply {
	p.Helper()
	return p.call("GET", "/auth/users/me/", "", "Authorization", "Bearer "+access)
}

// browse is a request of the site's own page: with cookies, the browser's word on where it comes from, and the CSRF token. Headers that are named take the
// place of these; an empty one is not sent.
func (p *person) browse(method, path, body string, headers ...string) reply {
	p.Helper()
	h := http.Header{"Origin": {site}, "Sec-Fetch-Site": {"same-origin"}}
	if p.csrf != "" {
		h.Set("X-CSRFToken", p.csrf)
	}
	var cookies []string
	for name, value := range p.jar {
		cookies = append(cookies, name+"="+value)
	}
	if slices.Sort(cookies); len(cookies) > 0 {
		h.Set("Cookie", strings.Join(cookies, "; "))
	}
	got := p.send(method, path, body, h, headers)
	for _, c := range got.cookies {
		if p.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(p.jar, c.Name)
		}
	}
	if token := got.text("csrf_token"); token != "" {
		p.csrf, p.access = token, got.text("access")
	}
	return got
}

// call is a request of a program: no cookies, and no word on where it comes from.
func (p *person) call(method, path, body string, headers ...string) reply {
	p.Helper()
	return p.send(method, path, body, http.Header{}, headers)
}

func (p *person) send(method, path, body string, h http.Header, headers []string) reply {
	p.Helper()
	if body != "" {
		h.Set("Content-Type", "application/json")
	}
	h.Set("X-Forwarded-For", p.address)
	for i := 0; i < len(headers); i += 2 {
		if h.Del(headers[i]); headers[i+1] != "" {
			h.Set(headers[i], headers[i+1])
		}
	}
	return p.sendExactly(method, path, body, h)
}

// sendExactly sends these headers and no other. Who is told that the server is busy comes again, as he is asked to.
func (p *person) sendExactly(method, path, body string, h http.Header) (got reply) {
	p.Helper()
	p.until("the server to have a moment", func() bool {
		got = p.try(method, path, body, h)
		return p.hurried || got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, `"busy"`)
	})
	return got
}

// try sends a request once.
func (p *person) try(method, path, body string, h http.Header) reply {
	p.Helper()
	target := &url.URL{Scheme: "http", Host: p.server.Address}
	if at, query, found := strings.Cut(path, "?"); found {
		path, target.RawQuery = at, query
	}
	target.Path, _ = url.PathUnescape(path)
	target.RawPath = path
	request, err := http.NewRequestWithContext(p.Context(), method, target.String(), strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	request.Header, request.Host = h, "app.example.com"
	if host := h.Get("Host"); host != "" {
		request.Host = host
	}
	answer, err := p.web.Do(request)
	if err != nil {
		p.Errorf("%s %s: %v", method, path, err)
		return reply{}
	}
	got := reply{status: answer.StatusCode, header: answer.Header, cookies: answer.Cookies(), body: read(p.T, answer)}
	got.decent(p.T, method+" "+path)
	return got
}

func read(t *testing.T, answer *http.Response) string {
	t.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Errorf("read answer: %v", err)
	}
	return string(text)
}

// reply is an answer of the server.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

// decent wants an answer that tells nothing of the inside.
func (r reply) decent(t *testing.T, what string) {
	t.Helper()
	if r.status >= 500 && r.status != http.StatusServiceUnavailable {
		t.Errorf("%s: got %d %s", what, r.status, r.body)
	}
	for _, inside := range []string{"goroutine ", "panic", ".go:", "runtime error", "github.com/", "*errors.", "sql: ", "SQLITE", "pgconn"} {
		if strings.Contains(r.body, inside) {
			t.Errorf("%s: the answer tells of the inside: %s", what, r.body)
		}
	}
}

// want wants one of these statuses.
func (r reply) want(t *testing.T, statuses ...int) reply {
	t.Helper()
	if !slices.Contains(statuses, r.status) {
		t.Errorf("got %d %s, want %d", r.status, r.body, statuses)
	}
	return r
}

// text is a member of the answer that is text.
func (r reply) text(name string) string {
	var members map[string]any
	_ = json.Unmarshal([]byte(r.body), &members) // what is no object has no members
	text, _ := members[name].(string)
	return text
}

// fields is a JSON object of texts.
func fields(pairs ...string) string {
	object := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		object[pairs[i]] = pairs[i+1]
	}
	text, _ := json.Marshal(object) // texts never fail
	return string(text)
}
