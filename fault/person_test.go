package fault_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// refreshCookie is the name of the cookie on a server for development.
const refreshCookie = "dev_refresh"

// browser is one browser of ada's. It keeps what servers answer, from whichever of them, and tells when one of them does what no fault excuses.
type browser struct {
	*house
	web        *http.Client
	access     string
	signedIn   bool
	uncertain  bool     // it asked to be signed in or out, and heard nothing
	thrownAway []string // refresh tokens of sessions that it was told have ended
}

func (h *house) browser() *browser {
	h.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	web := &http.Client{Jar: jar, Timeout: 5 * time.Second, Transport: &http.Transport{}}
	h.Cleanup(web.CloseIdleConnections)
	return &browser{house: h, web: web}
}

// call answers the status, zero when no answer came, and the body. An answer that says that the server is in trouble must leave the cookies alone.
func (b *browser) call(method, address, path, body string) (int, []byte) {
	b.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(b.Context()), method, "http://"+address+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Origin", site)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := b.cookie(address, "csrftoken"); token != "" {
		r.Header.Set("X-CSRFToken", token)
	}
	if method == http.MethodGet && b.access != "" {
		r.Header.Set("Authorization", "Bearer "+b.access)
	}
	answer, err := b.web.Do(r)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode >= 500 && len(answer.Header["Set-Cookie"]) > 0 {
		b.Errorf("%s: %d took or gave cookies: %v", path, answer.StatusCode, answer.Header["Set-Cookie"])
	}
	if answer.StatusCode >= 500 && answer.StatusCode != http.StatusServiceUnavailable {
		b.Errorf("%s: %d %s, want 503 of a server in trouble", path, answer.StatusCode, text)
	}
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, text
}

func (b *browser) cookie(address, name string) string {
	for _, c := range b.web.Jar.Cookies(&url.URL{Scheme: "http", Host: address, Path: "/auth/"}) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func inTrouble(status int) bool { return status == 0 || status == http.StatusServiceUnavailable }

func (b *browser) signIn(address string) int {
	b.Helper()
	status, text := b.call(http.MethodPost, address, "/auth/login/", `{"username":"ada","password":"`+password+`","remember":true}`)
	switch {
	case status == http.StatusOK:
		b.signedIn, b.access = true, accessOf(b.T, text)
	case !inTrouble(status):
		b.Errorf("sign-in: %d %s", status, text)
	}
	return status
}

func accessOf(t *testing.T, text []byte) string {
	t.Helper()
	var answer struct{ Access string }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Access == "" {
		t.Errorf("no access token: %v in %s", err, text)
	}
	return answer.Access
}

// refresh is what must never sign anybody out.
func (b *browser) refresh(address string) int {
	b.Helper()
	status, text := b.call(http.MethodPost, address, "/auth/refresh/", "")
	switch {
	case status == http.StatusOK:
		b.access = accessOf(b.T, text)
	case status == http.StatusUnauthorized && b.uncertain: // the sign-out had come through
		b.signedIn, b.uncertain = false, false
	case !inTrouble(status):
		b.Errorf("an honest browser was answered %d %s", status, text)
	}
	return status
}

// refreshWith presents a refresh token as somebody would who has copied it.
func (b *browser) refreshWith(address, token string) int {
	b.Helper()
	status, _ := b.browser().call(http.MethodPost, address, "/auth/jwt/refresh/", `{"refresh":"`+token+`"}`)
	return status
}

// openedBySignIn signs in and answers how many sessions there are.
func (b *browser) openedBySignIn(address string) int {
	b.Helper()
	if status := b.signIn(address); status != http.StatusOK {
		b.Fatalf("sign-in: %d", status)
	}
	return b.sessions(address)
}

// me asks with the access token.
func (b *browser) me(address string) int {
	b.Helper()
	status, text := b.call(http.MethodGet, address, "/auth/users/me/", "")
	if status != http.StatusOK && !inTrouble(status) && !b.uncertain {
		b.Errorf("users/me/ of somebody who is signed in: %d %s", status, text)
	}
	return status
}

func (b *browser) signOut(address string) int {
	b.Helper()
	token := b.cookie(address, refreshCookie)
	status, text := b.call(http.MethodPost, address, "/auth/logout/", "")
	switch {
	case status == http.StatusNoContent:
		b.signedIn, b.uncertain, b.access = false, false, ""
		b.thrownAway = append(b.thrownAway, token)
	case inTrouble(status):
		b.uncertain = true
	default:
		b.Errorf("sign-out: %d %s", status, text)
	}
	return status
}

// sessions is how many sessions of ada are open.
func (b *browser) sessions(address string) (n int) {
	b.Helper()
	status, text := b.call(http.MethodGet, address, "/auth/sessions/", "")
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil || status != http.StatusOK {
		b.Fatalf("sessions: %d %v %s", status, err, text)
	}
	return len(list)
}

// crowd is several browsers at once.
type crowd struct {
	browsers []*browser
	address  func() string
	stop     atomic.Bool
	all      sync.WaitGroup
	done     atomic.Int64
	served   chan struct{} // tells of a refresh, where somebody listens
}

// crowd starts people who live on a server, wherever it is just then.
func (h *house) crowd(size int, address func() string) *crowd {
	h.Helper()
	c := &crowd{address: address, served: make(chan struct{})}
	for range size {
		b := h.browser()
		c.browsers = append(c.browsers, b)
		c.all.Go(func() { c.live(b) })
	}
	return c
}

// live does what people do, until told to stop: mostly they refresh and look, and sometimes they sign out and in again.
func (c *crowd) live(b *browser) {
	b.Helper()
	for i := 1; !c.stop.Load(); i++ {
		if !b.signedIn {
			b.signIn(c.address())
			continue
		}
		if b.refresh(c.address()) != http.StatusOK {
			continue
		}
		c.done.Add(1)
		select {
		case c.served <- struct{}{}:
		default:
		}
		b.me(c.address())
		if i%9 == 0 {
			b.signOut(c.address())
		}
	}
}

// goOn waits for some refreshes from now on.
func (c *crowd) goOn(h *house, some int) {
	h.Helper()
	patience := time.After(process.Patience)
	for range some {
		select {
		case <-c.served:
		case <-patience:
			h.Fatal("nobody refreshes any more")
		}
	}
}

// settle lets the crowd come to an end, and asks of a server that works what has become of everybody: who is signed in still is, who was signed out cannot
// come back, and ada has no session that nobody opened.
func (c *crowd) settle(h *house, address string) {
	h.Helper()
	c.stop.Store(true)
	c.all.Wait()
	for _, b := range c.browsers {
		if b.signedIn {
			if status := b.refresh(address); status != http.StatusOK && b.signedIn {
				h.Errorf("after it all, a browser that is signed in was answered %d", status)
			}
		}
		for _, token := range b.thrownAway {
			if status := b.refreshWith(address, token); status != http.StatusUnauthorized {
				h.Errorf("a session that was signed out came back: %d", status)
			}
		}
	}
	if c.done.Load() == 0 {
		h.Error("nobody ever refreshed: this test tests nothing")
	}
}
