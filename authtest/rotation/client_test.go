package rotation_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// held is what a client holds of a session.
type held struct{ access, refresh, csrf string }

// reply is an answer of the server.
type reply struct {
	status  int
	code    string // of a refusal
	held    held   // of a success
	cookies []*http.Cookie
	header  http.Header
	body    string
}

func (a reply) String() string { return fmt.Sprintf("%d %s %s", a.status, a.code, a.body) }

// cleared reports whether the answer takes the refresh cookie back.
func (a reply) cleared() bool {
	for _, c := range a.cookies {
		if c.Name == refreshCookie {
			return c.MaxAge < 0
		}
	}
	return false
}

// The cookies of a server on loopback.
const (
	refreshCookie = "dev_refresh"
	csrfCookie    = "csrftoken"
)

// carrier is how a token travels.
type carrier int

const (
	byCookie carrier = iota
	byBody
)

// call is one request.
type call struct {
	method, path, body string
	bearer             string
	cookies            held // those that are not empty are sent
}

// do sends a request through the handler.
func (n *node) do(c call) reply {
	r := httptest.NewRequest(c.method, issuer+c.path, strings.NewReader(c.body))
	c.decorate(r)
	w := httptest.NewRecorder()
	n.handler.ServeHTTP(w, r)
	a, err := readReply(w.Result())
	if err != nil {
		panic(err) // the body is in memory
	}
	return a
}

// decorate sets the headers of a browser on the server's own page.
func (c call) decorate(r *http.Request) {
	r.Header.Set("Accept", "application/json, application/problem+json")
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	if c.cookies.refresh != "" {
		r.AddCookie(&http.Cookie{Name: refreshCookie, Value: c.cookies.refresh})
	}
	if c.cookies.csrf != "" {
		r.AddCookie(&http.Cookie{Name: csrfCookie, Value: c.cookies.csrf})
		r.Header.Set("X-CSRFToken", c.cookies.csrf)
	}
	r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
}

// readReply reads an answer, its tokens from wherever they are. The error is the connection's.
func readReply(response *http.Response) (reply, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	a := reply{status: response.StatusCode, header: response.Header, cookies: response.Cookies(), body: string(body)}
	var fields struct{ Code, Access, Refresh string }
	_ = json.Unmarshal(body, &fields) // an answer without a body has none
	a.code, a.held.access, a.held.refresh = fields.Code, fields.Access, fields.Refresh
	for _, c := range a.cookies {
		switch {
		case c.MaxAge < 0:
		case c.Name == refreshCookie:
			a.held.refresh = c.Value
		case c.Name == csrfCookie:
			a.held.csrf = c.Value
		}
	}
	return a, nil
}

func fields(pairs ...string) string {
	body := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		body[pairs[i]] = pairs[i+1]
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (n *node) login(name string) reply {
	return n.do(call{method: http.MethodPost, path: "/auth/login/", body: `{"username":"` + name + `","password":"` + password + `","remember":true}`})
}

// refresh exchanges the refresh token. By body the CSRF token stays what it was.
func (n *node) refresh(by carrier, h held) reply {
	if by == byCookie {
		return n.do(call{method: http.MethodPost, path: "/auth/refresh/", cookies: h})
	}
	a := n.do(call{method: http.MethodPost, path: "/auth/jwt/refresh/", body: fields("refresh", h.refresh)})
	a.held.csrf = h.csrf
	return a
}

func (n *node) logout(h held) reply {
	return n.do(call{method: http.MethodPost, path: "/auth/logout/", cookies: h})
}

// me asks who the access token is.
func (n *node) me(h held) reply {
	return n.do(call{method: http.MethodGet, path: "/auth/users/me/", bearer: h.access})
}
