package doctor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// visit is everything that was asked, and the answers. What is wrong is decided later, by the table of checks.
type visit struct {
	config   Config
	app      *url.URL
	auth     *url.URL
	relation string
	from     netip.Addr // our own address, as the server's side of the connection may see it

	csrf        answer // GET csrf/, with credentials, from a page of the application
	csrfNoSlash answer
	preflight   answer // what a browser asks before it sends a CSRF token
	post        answer // a sign-in without a name and a password, which is refused for that only
	postNoSlash answer
	ownPost     answer // the same from a page of Cartouche's own origin
	large       answer // the same with a body that is larger than any that a front end sends, and allowed
	long        answer // GET csrf/ with cookies as large as tokens may get
	live        answer
	ready       answer
	jwks        answer
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	cookies []*http.Cookie
	proto   int
	tls     *tls.ConnectionState
	err     error
}

const (
	patience  = 10 * time.Second
	maxAnswer = 1 << 20
	largeBody = 7 << 10
	longValue = 3 << 10 // of each of two cookies
)

// make asks everything.
func (v *visit) make(ctx context.Context) {
	v.relation = relation(v.app, v.auth)
	transport := &http.Transport{
		DialContext: v.config.Dial, TLSClientConfig: &tls.Config{RootCAs: v.config.Roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: patience,
	}
	defer transport.CloseIdleConnections()
	ask := asker{v: v, client: &http.Client{
		Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	prefix := v.config.Prefix
	if v.csrf = ask.get(ctx, prefix+"csrf/"); v.csrf.err != nil {
		return // nothing else would come back either
	}
	v.csrfNoSlash = ask.get(ctx, prefix+"csrf")
	v.preflight = ask.do(ctx, request{method: http.MethodOptions, path: prefix + "login/", from: v.app, header: map[string]string{
		"Access-Control-Request-Method": http.MethodPost, "Access-Control-Request-Headers": "content-type,x-csrftoken",
	}})
	v.post = ask.post(ctx, prefix+"login/", v.app, `{}`)
	v.postNoSlash = ask.post(ctx, prefix+"login", v.app, `{}`)
	v.ownPost = ask.post(ctx, prefix+"login/", v.auth, `{}`)
	v.large = ask.post(ctx, prefix+"login/", v.app, `{"doctor":"`+strings.Repeat("x", largeBody)+`"}`)
	long := "doctor_a=" + strings.Repeat("x", longValue) + "; doctor_b=" + strings.Repeat("x", longValue)
	v.long = ask.do(ctx, request{method: http.MethodGet, path: prefix + "csrf/", from: v.app, header: map[string]string{"Cookie": long}})
	v.live, v.ready, v.jwks = ask.get(ctx, "/livez"), ask.get(ctx, "/readyz"), ask.get(ctx, "/.well-known/jwks.json")
}

// asker sends requests as a browser would.
type asker struct {
	v      *visit
	client *http.Client
}

// request is a request of a page.
type request struct {
	method, path string
	from         *url.URL
	header       map[string]string
	body         string
}

func (a asker) get(ctx context.Context, path string) answer {
	return a.do(ctx, request{method: http.MethodGet, path: path, from: a.v.app})
}

// post sends what csrf/ has given, as a front end does.
func (a asker) post(ctx context.Context, path string, from *url.URL, body string) answer {
	var cookies []string
	for _, c := range a.v.csrf.cookies {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	var given struct{ Token string }
	_ = json.Unmarshal(a.v.csrf.body, &given) // a check says so when it is no JSON
	header := map[string]string{"Content-Type": "application/json", "X-CSRFToken": given.Token, "Cookie": strings.Join(cookies, "; ")}
	return a.do(ctx, request{method: http.MethodPost, path: path, from: from, header: header, body: body})
}

func (a asker) do(ctx context.Context, r request) answer {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if local, err := netip.ParseAddrPort(info.Conn.LocalAddr().String()); err == nil {
			a.v.from = local.Addr().Unmap()
		}
	}})
	q, err := http.NewRequestWithContext(ctx, r.method, origin(a.v.auth)+r.path, strings.NewReader(r.body))
	if err != nil {
		return answer{err: err}
	}
	relation := relation(r.from, a.v.auth)
	q.Header.Set("User-Agent", "cartouche-doctor")
	q.Header.Set("Accept", "application/json")
	q.Header.Set("Sec-Fetch-Site", relation)
	q.Header.Set("Sec-Fetch-Mode", "cors")
	q.Header.Set("Referer", origin(r.from)+"/")
	if relation != sameOrigin || r.method == http.MethodPost {
		q.Header.Set("Origin", origin(r.from))
	}
	for name, value := range r.header {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	response, err := a.client.Do(q)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close() //nolint:errcheck // it was read, or will not be
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return answer{response.StatusCode, response.Header, body, response.Cookies(), response.ProtoMajor, response.TLS, err}
}

// isJSON tells whether an answer is a JSON object that has a name.
func (a answer) isJSON(name string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(a.body, &object) == nil && object[name] != nil
}

// has tells whether a header that is a list has a word.
func (a answer) has(name, word string) bool {
	return slices.ContainsFunc(strings.Split(strings.Join(a.header.Values(name), ","), ","), func(w string) bool {
		return strings.EqualFold(strings.TrimSpace(w), word)
	})
}
