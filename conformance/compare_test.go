package main

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func says(status int, body string, headers ...string) answer {
	a := answer{status: status, body: body, headers: http.Header{}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		a.headers.Add(name, value)
	}
	a.cookies = (&http.Response{Header: a.headers}).Cookies()
	return a
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const hex = `{"auth_token":"0123456789abcdef0123456789abcdef01234567"}`
	for name, test := range map[string]struct {
		django, cartouche answer
		parts             []string
	}{
		"the same":                  {says(200, `{"a":1}`), says(200, `{"a":1}`), nil},
		"white space":               {says(200, `{"a": 1}`), says(200, `{"a":1}`), nil},
		"another status":            {says(200, ""), says(204, ""), []string{"status"}},
		"another value":             {says(200, `{"a":1}`), says(200, `{"a":2}`), []string{"body"}},
		"a number for a text":       {says(200, `{"a":1}`), says(200, `{"a":"1"}`), []string{"body"}},
		"another order of keys":     {says(200, `{"a":1,"b":2}`), says(200, `{"b":2,"a":1}`), []string{"body"}},
		"another order in a list":   {says(200, `[1,2]`), says(200, `[2,1]`), []string{"body"}},
		"a key more":                {says(200, `{"a":1}`), says(200, `{"a":1,"b":2}`), []string{"body"}},
		"a code more":               {says(400, `{"detail":"x"}`), says(400, `{"detail":"x","code":"y"}`), []string{"code"}},
		"another code":              {says(400, `{"detail":"x","code":"z"}`), says(400, `{"detail":"x","code":"y"}`), []string{"body"}},
		"a code more and a text":    {says(400, `{"detail":"x"}`), says(400, `{"detail":"X","code":"y"}`), []string{"body"}},
		"two tokens":                {says(200, hex), says(200, strings.ReplaceAll(hex, "0", "1")), nil},
		"a token for something":     {says(200, hex), says(200, `{"auth_token":"x"}`), []string{"body"}},
		"two kinds of token":        {says(200, hex), says(200, `{"auth_token":"a.b.c"}`), []string{"body"}},
		"no JSON":                   {says(200, `a`), says(200, `b`), []string{"body"}},
		"something behind the JSON": {says(200, `{}`), says(200, `{} {}`), []string{"body"}},
		"another media type":        {says(200, "", "Content-Type: text/html"), says(200, "", "Content-Type: text/plain"), []string{"Content-Type"}},
		"a challenge less":          {says(401, "", "WWW-Authenticate: Token"), says(401, ""), []string{"WWW-Authenticate"}},
		"a header nobody compares":  {says(200, "", "Server: a"), says(200, "", "Server: b"), nil},
		"a cookie's value":          {says(200, "", "Set-Cookie: a=1; Path=/"), says(200, "", "Set-Cookie: a=2; Path=/"), nil},
		"a cookie's flag":           {says(200, "", "Set-Cookie: a=1; HttpOnly"), says(200, "", "Set-Cookie: a=1"), []string{"Set-Cookie a"}},
		"a cookie less":             {says(200, "", "Set-Cookie: a=1"), says(200, ""), []string{"Set-Cookie a"}},
		"a cookie taken back":       {says(200, "", "Set-Cookie: a=; Max-Age=0"), says(200, "", "Set-Cookie: a=1"), []string{"Set-Cookie a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parts []string
			for _, d := range compare(test.django, test.cartouche) {
				parts = append(parts, d.part)
			}
			if !reflect.DeepEqual(parts, test.parts) {
				t.Errorf("compare: differences in %q, want %q", parts, test.parts)
			}
		})
	}
}

// allowing is the report of a run in which one entry allows the body of what a pattern names.
func allowing(t *testing.T, out *strings.Builder, pattern string) *report {
	t.Helper()
	a := &allowance{Requests: []string{pattern}, Parts: []string{"body"}, Cartouche: "b.*", Reason: "a reason"}
	if err := a.compile(); err != nil {
		t.Fatal(err)
	}
	return &report{out: out, allowed: []*allowance{a}}
}

func TestReport(t *testing.T) {
	t.Parallel()
	body := difference{"body", "a", "bc"}
	for name, test := range map[string]struct {
		pattern string
		found   []difference
		last    string
		err     error
	}{
		"a difference that is allowed":     {"s: *", []difference{body}, "1 passed, 0 failed", nil},
		"a difference that nobody allowed": {"s: *", []difference{body, {"status", "200", "400"}}, "0 passed, 1 failed", errDiffer},
		"another text than the allowed":    {"s: *", []difference{{"body", "a", "cb"}}, "0 passed, 2 failed", errDiffer},
		"an entry that nobody needs":       {"s: one", nil, "1 passed, 1 failed", errDiffer},
		"an entry for another request":     {"s: on", []difference{body}, "0 passed, 2 failed", errDiffer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := allowing(t, &out, test.pattern)
			r.exchange("s: one", "GET /", test.found)
			if err := r.close(true); err != test.err { //nolint:errorlint // the error itself
				t.Errorf("close: %v, want %v", err, test.err)
			}
			if !strings.HasSuffix(out.String(), "\n"+test.last+"\n") {
				t.Errorf("the report ends\n%s\nwant %s", out.String(), test.last)
			}
		})
	}
}

func TestRequestsAreWhole(t *testing.T) {
	t.Parallel()
	suites, err := readSuites("requests")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readDifferences("differences.yaml"); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, s := range suites {
		count += len(s.Requests)
	}
	if count < 250 {
		t.Errorf("only %d requests", count)
	}
}

func TestForgeKeepsWhatItIsNotTold(t *testing.T) {
	t.Parallel()
	first, err := forge("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxLCJiIjoyfQ.x", map[string]any{"b": nil, "exp": "now+60"}, time.Unix(100, 0))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(first, ".")
	if parts[0] != "eyJhbGciOiJIUzI1NiJ9" || parts[1] != "eyJhIjoxLCJleHAiOjE2MH0" { // {"a":1,"exp":160}
		t.Errorf("forge: %s", first)
	}
}
