package httpapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// djangoCase is a case of Django's own tests of its CSRF middleware, run against the real handler. In headers, cookies, forms and reasons,
// {S} stands for the secret of the visitor's CSRF cookie, {S'} and {S"} for two masked forms of it, {flipped} for {S} with its letters in the other case.
type djangoCase struct {
	numbers string // of the cases, such as 1-4
	name    string
	ours    string // "same", or what is different here and why

	call   call           // a POST that acts under cookies, unless it says otherwise; a header X-CSRFToken of {S'} unless it names one
	cookie string         // the CSRF cookie: "none", or a value; default {S}
	form   string         // the form's field
	config httpapi.Config // default: plain http on localhost
	reason string         // why it is refused; empty: it is accepted
	status int            // the answer where it is neither
	check  func(t *testing.T, s *site, v *visitor)
}

const (
	headerFault = "CSRF token from the 'X-Csrftoken' HTTP header "
	wwwURL      = "https://www.example.com"
)

func httpsConfig(allowed ...string) httpapi.Config {
	return httpapi.Config{PublicURL: wwwURL, AllowedOrigins: allowed}
}

func badOrigin(origin string) string {
	return "Origin checking failed - " + origin + " does not match any trusted origins."
}

func badReferer(what string) string { return "Referer checking failed - " + what }

func withMethod(method string) call {
	return call{method: method, path: "/auth/users/set_password/", body: "{}"}
}

func withHeaders(pairs ...string) call { return call{header: headers(pairs...)} }

func withoutToken(c call) call {
	c.header = http.Header{"X-Csrftoken": nil}
	return c
}

// tokenCases are cases 1 to 40: methods, cookies and tokens.
func tokenCases() []djangoCase {
	const notSet, missing = "CSRF cookie not set.", "CSRF token missing."
	var cases []djangoCase
	add := func(c djangoCase) { cases = append(cases, c) }
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		add(djangoCase{numbers: "1-3", name: method, ours: "same", call: withoutToken(call{method: method, path: "/auth/users/me/"}), cookie: "none"})
	}
	add(djangoCase{
		numbers: "4", name: "TRACE", ours: "refused: no route answers TRACE, so nothing need be let through",
		call: withoutToken(call{method: http.MethodTrace, path: "/auth/users/me/"}), cookie: "none", reason: notSet,
	})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "PROPFIND"} {
		add(djangoCase{
			numbers: "5-9", name: method + " without cookie and token", ours: "same",
			call: withoutToken(withMethod(method)), cookie: "none", reason: notSet,
		})
	}
	for i, pair := range [][2]string{{"{S}", "{S}"}, {"{S}", "{S'}"}, {"{S'}", "{S}"}, {"{S'}", `{S"}`}, {"{S'}", "{S'}"}} {
		add(djangoCase{
			numbers: strconv.Itoa(10 + i), name: "cookie " + pair[0] + ", header " + pair[1], ours: "same",
			cookie: pair[0], call: withHeaders("X-CSRFToken", pair[1]),
		})
		if i < 4 {
			add(djangoCase{
				numbers: strconv.Itoa(15 + i), name: "cookie " + pair[0] + ", form " + pair[1], ours: "same",
				cookie: pair[0], form: pair[1], call: withoutToken(call{}),
			})
		}
	}
	add(djangoCase{numbers: "19", name: "no token", ours: "same", call: withoutToken(call{}), reason: missing})
	for _, c := range []struct{ numbers, token, fault string }{
		{"20", "", "has incorrect length."},
		{"21", strings.Repeat("a", 16), "has incorrect length."},
		{"21", strings.Repeat("a", 33), "has incorrect length."},
		{"22", strings.Repeat("*", 64), "has invalid characters."},
		{"22", strings.Repeat("-", 32), "has invalid characters."},
		{"23", strings.Repeat("a", 64), "incorrect."},
		{"23", strings.Repeat("a", 32), "incorrect."},
		{"24", "{flipped}", "incorrect."},
	} {
		add(djangoCase{numbers: c.numbers, name: "header " + c.token, ours: "same", call: withHeaders("X-CSRFToken", c.token), reason: headerFault + c.fault})
	}
	for i, c := range [][2]string{
		{strings.Repeat("a", 16), "has incorrect length."}, {strings.Repeat("*", 64), "has invalid characters."}, {strings.Repeat("a", 64), "incorrect."},
	} {
		add(djangoCase{
			numbers: strconv.Itoa(25 + i), name: "form " + c[0], ours: "same",
			form: c[0], call: withoutToken(call{}), reason: "CSRF token from POST " + c[1],
		})
	}
	for _, token := range []string{strings.Repeat("a", 16), "{S'}"} {
		other := withoutToken(call{})
		other.header.Set("X-Other-Token", token)
		add(djangoCase{
			numbers: "28-29", name: "another header: " + token, ours: "the header's name is no setting: every front end for Django can send X-CSRFToken",
			call: other, reason: missing,
		})
	}
	add(djangoCase{
		numbers: "30", name: "exempt view", ours: "same, for the routes that act under no cookie",
		call: withoutToken(call{path: "/auth/jwt/verify/", body: `{"token":"x"}`}), status: http.StatusUnauthorized,
	})
	add(djangoCase{numbers: "31", name: "PUT with cookie and header", ours: "same", call: withMethod(http.MethodPut)})
	add(djangoCase{numbers: "31", name: "DELETE with cookie and header", ours: "same", call: withMethod(http.MethodDelete)})
	add(djangoCase{
		numbers: "32", name: "PUT with form only", ours: "same",
		form: "{S}", call: withoutToken(call{method: http.MethodPut, path: "/auth/users/set_password/"}), reason: missing,
	})
	add(djangoCase{numbers: "33", name: "field in JSON", ours: "same", call: withoutToken(call{body: `{"csrfmiddlewaretoken":"{S}"}`}), reason: missing})
	add(djangoCase{numbers: "34", name: "form wrong, header right", ours: "same", form: strings.Repeat("a", 64), reason: "CSRF token from POST incorrect."})
	add(djangoCase{numbers: "35", name: "form right, header wrong", ours: "same", form: "{S}", call: withHeaders("X-CSRFToken", strings.Repeat("a", 64))})
	add(djangoCase{numbers: "36", name: "form empty, header right", ours: "same", form: "empty"})
	for _, cookie := range []string{"empty", strings.Repeat("a", 16), strings.Repeat("a", 31)} {
		add(djangoCase{numbers: "37", name: "cookie " + cookie, ours: "same", cookie: cookie, reason: "CSRF cookie has incorrect length."})
	}
	for _, cookie := range []string{strings.Repeat("*", 64), strings.Repeat("-", 32)} {
		add(djangoCase{numbers: "38", name: "cookie " + cookie, ours: "same", cookie: cookie, reason: "CSRF cookie has invalid characters."})
	}
	add(djangoCase{numbers: "39", name: "bad cookie, no token", ours: "same", cookie: "a", call: withoutToken(call{}), reason: "CSRF cookie has incorrect length."})
	add(djangoCase{
		numbers: "40", name: "client hangs up in the middle of the form", ours: "400 where the body is read first: what cannot be read is no request",
		form: "{S}", call: withoutToken(call{broken: true}), status: http.StatusBadRequest,
	})
	add(djangoCase{
		numbers: "40", name: "client hangs up, on a route that authenticates first", ours: "same",
		form: "{S}", call: withoutToken(call{path: "/auth/users/set_password/", broken: true}), reason: missing,
	})
	return cases
}

// TestDjangoCSRFCases runs the cases of Django's own tests of its CSRF middleware. Where the answer is another, the case says why.
func TestDjangoCSRFCases(t *testing.T) {
	t.Parallel()
	cases := slices.Concat(tokenCases(), originCases(), refererCases(), cookieCases())
	covered := map[int]bool{}
	sites := map[string]*site{}
	for _, c := range cases {
		c.cover(t, covered)
		if c.config.PublicURL == "" {
			c.config.PublicURL = devURL
		}
		c.config.AccessCarrier = httpapi.AccessInBoth
		key := fmt.Sprint(c.config.PublicURL, c.config.AllowedOrigins)
		if sites[key] == nil {
			sites[key] = newSite(t, c.config)
		}
		t.Run(c.numbers+"/"+c.name, func(t *testing.T) { c.run(t, sites[key]) })
	}
	for n := 1; n <= 96; n++ {
		if !covered[n] {
			t.Errorf("case %d is missing", n)
		}
	}
}

// cover notes which cases of Django's this one is.
func (c djangoCase) cover(t *testing.T, covered map[int]bool) {
	t.Helper()
	if c.ours == "" {
		t.Errorf("%s: does not say whether our answer is the same", c.name)
	}
	for part := range strings.SplitSeq(c.numbers, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: numbers %q", c.name, c.numbers)
		}
		for n := from; n <= to; n++ {
			covered[n] = true
		}
	}
}

func (c djangoCase) run(t *testing.T, s *site) {
	t.Helper()
	v := s.visitor().login("victim")
	if c.check != nil {
		c.check(t, s, v)
	}
	if c.check != nil && c.reason == "" && len(c.call.header) == 0 {
		return
	}
	names := s.cookieNames()
	bare := v.jar[names["csrf"]]
	fill := strings.NewReplacer("{S}", bare, "{S'}", v.token, `{S"}`, httpapi.MaskCSRF(bare), "{flipped}", flipCase(bare))
	switch c.cookie {
	case "":
	case "none":
		delete(v.jar, names["csrf"])
	case "empty":
		v.jar[names["csrf"]] = ""
	default:
		v.jar[names["csrf"]] = fill.Replace(c.cookie)
	}
	w := v.send(c.request(fill))
	switch {
	case c.reason != "":
		wantCSRF(t, w, c.reason)
	case c.status != 0 && w.Code != c.status:
		t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
	case c.status == 0 && w.Code == http.StatusForbidden:
		t.Errorf("got %d %s, want it accepted", w.Code, w.Body)
	case c.status == 0 && c.call.path == "" && w.Code != http.StatusOK:
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
}

// request is the case's request, with the defaults and the tokens filled in.
func (c djangoCase) request(fill *strings.Replacer) call {
	out := c.call
	out.header = headers("X-CSRFToken", "{S'}")
	maps.Copy(out.header, c.call.header)
	if c.form != "" {
		out.body = "csrfmiddlewaretoken=" + strings.Replace(c.form, "empty", "", 1)
		out.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if out.path == "" {
		out.path = "/auth/refresh/"
	}
	out.body = fill.Replace(out.body)
	filled := http.Header{}
	for name, values := range out.header {
		for _, value := range values {
			filled[name] = append(filled[name], fill.Replace(value))
		}
	}
	out.header = filled
	return out
}

func flipCase(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return r
		}
	}, text)
}
