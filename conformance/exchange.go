package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is what a server said, or how it failed to.
type answer struct {
	status  int
	headers http.Header
	cookies []*http.Cookie
	body    string
}

// newClient is a client that does what the request says and no more: it follows nothing, keeps no cookie, and unpacks nothing.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true}, // one peer answers HEAD with a body
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends a request to one server and keeps of its answer what the request says.
func (s *side) ask(ctx context.Context, r request) (answer, error) {
	sent, err := s.build(ctx, r)
	if err != nil {
		return answer{}, err
	}
	response, err := s.client.Do(sent) //nolint:gosec // to a server that this program started
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	a := answer{
		status: response.StatusCode, headers: response.Header, cookies: response.Cookies(),
		body: strings.ReplaceAll(string(body), s.base, "http://SERVER"),
	}
	s.keep(r, a)
	return a, err
}

func (s *side) build(ctx context.Context, r request) (*http.Request, error) {
	method, path, _ := strings.Cut(r.Send, " ")
	contentType, text := r.body()
	texts := []*string{&path, &text}
	headers := maps.Clone(r.Headers)
	for name, value := range headers {
		filled, err := s.values.fill(value)
		if err != nil {
			return nil, err
		}
		headers[name] = filled
	}
	for _, t := range texts {
		filled, err := s.values.fill(*t)
		if err != nil {
			return nil, err
		}
		*t = filled
	}
	sent, err := http.NewRequestWithContext(ctx, method, s.base+path, strings.NewReader(text)) //nolint:gosec // likewise
	if err != nil {
		return nil, err
	}
	sent.Header.Set("User-Agent", "conformance")
	if contentType != "" {
		sent.Header.Set("Content-Type", contentType)
	}
	for name, value := range headers {
		if name == "Host" {
			sent.Host = value
		}
		sent.Header.Set(name, value)
	}
	return sent, nil
}

// body is the request's body, and the Content-Type that goes with it.
func (r request) body() (contentType, text string) {
	switch {
	case r.JSON != nil:
		return "application/json", *r.JSON
	case r.Form != nil:
		return "application/x-www-form-urlencoded", *r.Form
	case r.Body != nil:
		return "", *r.Body
	}
	return "", ""
}

// keep saves values of an answer. What is not there is saved as "missing", so that the next answer shows the consequence.
func (s *side) keep(r request, a answer) {
	for name, from := range r.Save {
		s.values[name] = a.value(from)
	}
}

func (a answer) value(from string) string {
	if name, ok := strings.CutPrefix(from, "cookie "); ok {
		i := slices.IndexFunc(a.cookies, func(c *http.Cookie) bool { return c.Name == name })
		if i < 0 {
			return "missing"
		}
		return a.cookies[i].Value
	}
	if name, ok := strings.CutPrefix(from, "header "); ok {
		return a.headers.Get(name)
	}
	var object map[string]any
	if json.Unmarshal([]byte(a.body), &object) != nil {
		return "missing"
	}
	switch value := object[from].(type) {
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case nil:
		return "missing"
	default:
		return fmt.Sprint(value)
	}
}
