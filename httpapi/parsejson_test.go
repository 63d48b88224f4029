package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// The words are those of Python's parser, with its count of lines and characters.
func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	parse := func(text string) string { return parseError("JSON parse error - " + text) }
	const at = ": line 1 column %d (char %d)"
	in := func(text string, char int) string { return parse(fmt.Sprintf(text+at, char+1, char)) }
	cases := []bodyCase{
		{name: "nothing but space", body: `  `, want: in("Expecting value", 2)},
		{name: "no JSON", body: `username=alice`, want: in("Expecting value", 0)},
		{name: "open object", body: `{`, want: in("Expecting property name enclosed in double quotes", 1)},
		{name: "single quotes", body: `{'a':1}`, want: in("Expecting property name enclosed in double quotes", 1)},
		{name: "comma at the end", body: `{"a":1,}`, want: in("Expecting property name enclosed in double quotes", 7)},
		{name: "no colon", body: `{"a" 1}`, want: in("Expecting ':' delimiter", 5)},
		{name: "no value", body: `{"a":}`, want: in("Expecting value", 5)},
		{name: "no comma", body: `{"a":1 "b":2}`, want: in("Expecting ',' delimiter", 7)},
		{name: "leading zero", body: `{"a":01}`, want: in("Expecting ',' delimiter", 6)},
		{name: "bare minus", body: `{"a":-}`, want: in("Expecting value", 5)},
		{name: "open list", body: `[1`, want: in("Expecting ',' delimiter", 2)},
		{name: "two objects", body: `{} {}`, want: in("Extra data", 3)},
		{name: "open text", body: `{"a":"x`, want: in("Unterminated string starting at", 5)},
		{name: "open text after an escape", body: `{"a":"x\`, want: in("Unterminated string starting at", 5)},
		{name: "line break in a text", body: "{\"a\":\"x\ny\"}", want: in("Invalid control character at", 7)},
		{name: "unknown escape", body: `{"a":"\x"}`, want: in(`Invalid \\escape`, 6)},
		{name: "short escape", body: `{"a":"\u12"}`, want: in(`Invalid \\uXXXX escape`, 7)},
		{name: "second line", body: "{\n  \"é\": x}", want: parse("Expecting value: line 2 column 8 (char 9)")},
		{name: "byte order mark", body: "\ufeff{}", want: in("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)},
		{name: "NaN", body: `{"a":NaN}`, want: parse("Out of range float values are not JSON compliant: 'NaN'")},
		{name: "infinity", body: `{"a":-Infinity}`, want: parse("Out of range float values are not JSON compliant: '-Infinity'")},
		{name: "not UTF-8", body: "{\"username\":\"\xff\"}", want: parse("'utf-8' codec can't decode byte 0xff in position 13: invalid start byte")},
		{name: "UTF-8 cut short", body: "{\"a\":\"\xe2\x82\"}", want: parse("'utf-8' codec can't decode bytes in position 6-7: invalid continuation byte")},
		{name: "UTF-8 surrogate", body: "{\"a\":\"\xed\xa0\x80\"}", want: parse("'utf-8' codec can't decode byte 0xed in position 6: invalid continuation byte")},
		{name: "UTF-8 overlong", body: "{\"a\":\"\xc0\xaf\"}", want: parse("'utf-8' codec can't decode byte 0xc0 in position 6: invalid start byte")},
		{
			name: "UTF-8 cut off", body: "{}\xf0\x9f\x98", want: parse("'utf-8' codec can't decode bytes in position 2-4: unexpected end of data"),
			differs: "the peers drop the bytes",
		},
		{name: "too deep", body: strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9), want: in("Too many nested values", 40), differs: "theirs has no limit"},
		{name: "too many members", body: "{" + manyMembers(33) + "}", want: in("Too many names", 257), differs: "theirs has no limit"},
	}
	for i := range cases {
		cases[i].media, cases[i].status = jsonMedia, 400
	}
	runBodies(t, cases)
}

func manyMembers(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"a%02d":1`, i))
	}
	return strings.Join(members, ",")
}

// Values become texts, or are refused, as Django REST framework does it.
func TestTextCoercion(t *testing.T) {
	t.Parallel()
	wrong := func(message string) string { return `{"refresh":["` + message + `"]}` }
	const tried = `{"detail":"Token is invalid","code":"token_not_valid"}`
	cases := []bodyCase{
		{name: "missing", body: `{}`, status: 400, want: wrong("This field is required.")},
		{name: "null", body: `{"refresh":null}`, status: 400, want: wrong("This field may not be null.")},
		{name: "blank", body: `{"refresh":""}`, status: 400, want: wrong("This field may not be blank.")},
		{name: "white space", body: `{"refresh":" \t\u00a0\u001c\u2003\n"}`, status: 400, want: wrong("This field may not be blank.")},
		{name: "boolean", body: `{"refresh":true}`, status: 400, want: wrong("Not a valid string.")},
		{name: "list", body: `{"refresh":["a"]}`, status: 400, want: wrong("Not a valid string.")},
		{name: "object", body: `{"refresh":{"a":"b"}}`, status: 400, want: wrong("Not a valid string.")},
		{name: "integer", body: `{"refresh":12345}`, status: 401, want: tried},
		{name: "float", body: `{"refresh":1.5}`, status: 401, want: tried},
		{name: "null character", body: `{"refresh":"a\u0000b"}`, status: 400, want: wrong("Null characters are not allowed.")},
		{name: "lone surrogate", body: `{"refresh":"\ud800"}`, status: 400, want: wrong("Surrogate characters are not allowed: U+D800.")},
		{name: "low surrogate", body: `{"refresh":"a\udfffb"}`, status: 400, want: wrong("Surrogate characters are not allowed: U+DFFF.")},
		{name: "pair of surrogates", body: `{"refresh":"\ud83d\ude00"}`, status: 401, want: tried},
		{
			name: "both faults", body: `{"refresh":"\u0000\ud800"}`, status: 400,
			want: `{"refresh":["Null characters are not allowed.","Surrogate characters are not allowed: U+D800."]}`,
		},
		{
			name: "4097 bytes", body: `{"refresh":"` + strings.Repeat("a", 4097) + `"}`, status: 400, want: wrong("Ensure this field has no more than 4096 characters."),
			differs: "theirs has no limit",
		},
		{name: "4096 bytes", body: `{"refresh":"` + strings.Repeat("a", 4096) + `"}`, status: 401, want: tried},
	}
	f := newFrontEnd(t, httpapi.Config{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f.on(t).post("/auth/jwt/refresh/", c.body).want(c.status, c.want)
		})
	}
}

// Numbers are accepted for texts, and spelled as Python spells them: somebody's password may be one.
func TestNumbersAsPasswords(t *testing.T) {
	t.Parallel()
	for sent, meant := range map[string]string{
		`1234567890`: "1234567890", `12345678901234567890123`: "12345678901234567890123", `12345678.5`: "12345678.5", `123456.0`: "123456.0", `1e15`: "1000000000000000.0",
		`1E16`: "1e+16  ", `-0.00001`: "-1e-05  ", `0.0001234`: "0.0001234", `1e400`: "inf", `-1e400`: "-inf",
	} {
		t.Run(sent, func(t *testing.T) {
			t.Parallel()
			body := `{"password":` + sent + `}`
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", jsonMedia)
			_, texts, err := httpapi.Decode(httptest.NewRecorder(), r, 8<<10)
			if want := []string{strings.TrimSpace(meant)}; err != nil || !slices.Equal(texts, want) {
				t.Errorf("%s: got %q, %v, want %q", sent, texts, err, want)
			}
		})
	}
}
