package httpapi_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	jsonMedia = "application/json"
	formMedia = "application/x-www-form-urlencoded"
	signedIn  = `{"refresh":"<jwt>","access":"<jwt>"}`
)

// bodyCase is one body sent to jwt/create/.
type bodyCase struct {
	name, media, body string
	status            int
	want              string
	differs           string // how, and why, from Django REST framework
}

func parseError(text string) string { return `{"detail":"` + text + `","code":"parse_error"}` }

// The shapes that bodies may have, and what is answered to others: byte for byte as Django REST framework, but for the code.
func TestRequestBodies(t *testing.T) {
	t.Parallel()
	const required = `{"username":["This field is required."],"password":["This field is required."]}`
	good := `{"username":"alice","password":"` + alicePassword + `"}`
	goodForm := url.Values{"username": {"alice"}, "password": {alicePassword}}.Encode()
	cases := []bodyCase{
		{name: "JSON", media: jsonMedia, body: good, status: 200, want: signedIn},
		{name: "JSON with charset", media: "application/json; charset=UTF-8", body: good, status: 200, want: signedIn},
		{name: "JSON media type in capitals", media: "Application/JSON", body: good, status: 200, want: signedIn},
		{name: "form", media: formMedia, body: goodForm, status: 200, want: signedIn},
		{name: "form with charset", media: formMedia + "; charset=UTF-8", body: goodForm, status: 200, want: signedIn},
		{name: "no body", media: jsonMedia, body: "", status: 400, want: required},
		{name: "no body of any type", media: "text/plain", body: "", status: 400, want: required},
		{name: "empty form", media: formMedia, body: "&", status: 400, want: required},
		{name: "unknown members", media: jsonMedia, body: `{"username":"alice","is_staff":true,"x":[{"y":{}}],"password":"` + alicePassword + `"}`, status: 200, want: signedIn},

		{name: "text", media: "text/plain", body: good, status: 415, want: `{"detail":"Unsupported media type \"text/plain\" in request.","code":"unsupported_media_type"}`},
		{name: "no type", media: "", body: good, status: 415, want: `{"detail":"Unsupported media type \"\" in request.","code":"unsupported_media_type"}`},
		{
			name: "text with a JSON parameter", media: "text/plain; x=application/json", body: good, status: 415,
			want: `{"detail":"Unsupported media type \"text/plain; x=application/json\" in request.","code":"unsupported_media_type"}`,
		},
		{
			name: "JSONP", media: "application/jsonp", body: good, status: 415,
			want: `{"detail":"Unsupported media type \"application/jsonp\" in request.","code":"unsupported_media_type"}`,
		},
		{
			name: "JSON in UTF-16", media: "application/json; charset=utf-16", body: good, status: 415,
			want:    `{"detail":"Unsupported media type \"application/json; charset=utf-16\" in request.","code":"unsupported_media_type"}`,
			differs: "the peers read it as UTF-8 all the same; what does not say what it is could be read otherwise elsewhere",
		},
		{
			name: "malformed type", media: "application/json; charset", body: good, status: 415,
			want:    `{"detail":"Unsupported media type \"application/json; charset\" in request.","code":"unsupported_media_type"}`,
			differs: "as above",
		},

		{name: "list", media: jsonMedia, body: `[1]`, status: 400, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{name: "text in JSON", media: jsonMedia, body: `"x"`, status: 400, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		{name: "integer", media: jsonMedia, body: `12`, status: 400, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}`},
		{name: "float", media: jsonMedia, body: `1.5`, status: 400, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got float."]}`},
		{name: "boolean", media: jsonMedia, body: `true`, status: 400, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
		{name: "null", media: jsonMedia, body: `null`, status: 400, want: `{"non_field_errors":["No data provided"]}`},
	}
	runBodies(t, cases)
}

func runBodies(t *testing.T, cases []bodyCase) {
	t.Helper()
	f := newFrontEnd(t, httpapi.Config{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f.on(t).post("/auth/jwt/create/", c.body, "Content-Type", c.media).want(c.status, c.want).wantHeader("Content-Type", "application/json")
		})
	}
}

func TestMultipartForms(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	form := func(write func(*multipart.Writer)) (body, media string) {
		var out bytes.Buffer
		w := multipart.NewWriter(&out)
		write(w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String(), w.FormDataContentType()
	}
	field := func(w *multipart.Writer, name, value string) {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file := func(w *multipart.Writer, name string) {
		part, err := w.CreateFormFile(name, "x.txt")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("alice"))
	}
	for _, c := range []struct {
		name   string
		write  func(*multipart.Writer)
		status int
		want   string
	}{
		{"fields", func(w *multipart.Writer) { field(w, "username", "alice"); field(w, "password", alicePassword) }, 200, signedIn},
		{"a file for a text", func(w *multipart.Writer) { file(w, "username"); field(w, "password", alicePassword) }, 400, `{"username":["Not a valid string."]}`},
		{
			"a field twice", func(w *multipart.Writer) { field(w, "username", "alice"); field(w, "username", "victim") }, 400,
			parseError(`Multipart form parse error - Duplicate name \"username\"`),
		},
		{
			"not UTF-8", func(w *multipart.Writer) { field(w, "username", "\xff") }, 400,
			parseError("Multipart form parse error - 'utf-8' codec can't decode byte 0xff in position 8: invalid start byte"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, media := form(c.write)
			f.on(t).post("/auth/jwt/create/", body, "Content-Type", media).want(c.status, c.want)
		})
	}
	t.Run("no boundary", func(t *testing.T) {
		f.on(t).post("/auth/jwt/create/", "x", "Content-Type", "multipart/form-data").want(400, parseError("Multipart form parse error - Invalid boundary in multipart: None"))
	})
	t.Run("cut short", func(t *testing.T) {
		body, media := form(func(w *multipart.Writer) { field(w, "username", "alice") })
		f.on(t).post("/auth/jwt/create/", body[:len(body)-10], "Content-Type", media).want(400, parseError("Multipart form parse error - Malformed parts"))
	})
}

// Go would make the same U+FFFD of all of these, so that different passwords would be one.
func TestBadUTF8(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for name, c := range map[string]struct{ path, media, body string }{
		"sign-in with the byte ff":         {"/auth/jwt/create/", jsonMedia, "{\"username\":\"alice\",\"password\":\"correct \xff horse\"}"},
		"sign-in with the byte fe":         {"/auth/jwt/create/", jsonMedia, "{\"username\":\"alice\",\"password\":\"correct \xfe horse\"}"},
		"sign-in with surrogate d800":      {"/auth/jwt/create/", jsonMedia, `{"username":"alice","password":"correct \ud800 horse"}`},
		"sign-in with surrogate d801":      {"/auth/jwt/create/", jsonMedia, `{"username":"alice","password":"correct \ud801 horse"}`},
		"form with the byte ff":            {"/auth/jwt/create/", formMedia, "username=alice&password=correct+%ff+horse"},
		"form with a surrogate":            {"/auth/jwt/create/", formMedia, "username=alice&password=%ed%a0%80"},
		"registration with the byte ff":    {"/auth/users/", jsonMedia, "{\"username\":\"bob\",\"password\":\"correct \xff horse\"}"},
		"registration with surrogate d800": {"/auth/users/", jsonMedia, `{"username":"bob","password":"correct \ud800 horse"}`},
		"name of a field":                  {"/auth/users/", jsonMedia, "{\"username\":\"bob\",\"password\":\"correct horse\",\"\xff\":1}"},
	} {
		t.Run(name, func(t *testing.T) {
			r := f.on(t).post(c.path, c.body, "Content-Type", c.media)
			if r.status != http.StatusBadRequest {
				t.Errorf("got %d %s, want 400", r.status, r.body)
			}
		})
	}
}

// Parsers on the way could take one of two members of a name, or one in another case, for the other.
func TestDuplicateMembers(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for name, c := range map[string]struct{ path, body, want string }{
		"sign-in": {
			"/auth/jwt/create/", `{"username":"alice","username":"mallory","password":"x"}`,
			parseError(`JSON parse error - Duplicate name \"username\": line 1 column 21 (char 20)`),
		},
		"registration": {
			"/auth/users/", `{"email":"v@x.com","email":"a@evil.example","username":"bob","password":"correct horse"}`,
			parseError(`JSON parse error - Duplicate name \"email\": line 1 column 20 (char 19)`),
		},
		"spelled with an escape": {
			"/auth/users/", `{"email":"v@x.com","e\u006dail":"a@evil.example"}`,
			parseError(`JSON parse error - Duplicate name \"email\": line 1 column 20 (char 19)`),
		},
		"inside a member that nobody reads": {
			"/auth/jwt/create/", `{"x":{"a":1,"a":2},"username":"alice","password":"` + alicePassword + `"}`,
			parseError(`JSON parse error - Duplicate name \"a\": line 1 column 13 (char 12)`),
		},
		"form": {"/auth/jwt/create/", "username=alice&username=mallory&password=x", parseError(`Form parse error - Duplicate name \"username\"`)},
		"another case": {
			"/auth/jwt/create/", `{"username":"alice","Username":"mallory","password":"` + alicePassword + `"}`,
			`{"Username":["Unknown field. Write it \"username\"."]}`,
		},
		"another case alone": {
			"/auth/jwt/create/", `{"USERNAME":"alice","password":"` + alicePassword + `"}`,
			`{"USERNAME":["Unknown field. Write it \"username\"."],"username":["This field is required."]}`,
		},
		"long s": {"/auth/jwt/create/", `{"username":"alice","pa\u017fsword":"x","password":"` + alicePassword + `"}`, `{"paſsword":["Unknown field. Write it \"password\"."]}`},
		"case in a form": {
			"/auth/jwt/create/", "username=alice&PASSWORD=x&password=" + url.QueryEscape(alicePassword),
			`{"PASSWORD":["Unknown field. Write it \"password\"."]}`,
		},
	} {
		t.Run(name, func(t *testing.T) { f.on(t).post(c.path, c.body).want(400, c.want) })
	}
}

// An array where a text is expected once sent password resets to two addresses.
func TestArrayForText(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for name, email := range map[string]string{"array": `["v@x.com","a@evil.example"]`, "object": `{"0":"v@x.com"}`, "boolean": `true`} {
		t.Run(name, func(t *testing.T) {
			f.on(t).post("/auth/users/", `{"username":"bob","password":"correct horse","email":`+email+`}`).want(400, `{"email":["Enter a valid email address."]}`)
		})
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	const tooLarge = `{"detail":"Request body is too large.","code":"too_large"}`
	pad := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	credentials := `{"username":"alice","password":"` + alicePassword + `"}`
	t.Run("8 KiB to sign in", func(t *testing.T) { f.on(t).post("/auth/jwt/create/", pad(credentials, 8<<10)).want(200, signedIn) })
	t.Run("more to sign in", func(t *testing.T) { f.on(t).post("/auth/jwt/create/", pad(credentials, 8<<10+1)).want(413, tooLarge) })
	t.Run("more than 8 KiB to refresh", func(t *testing.T) {
		f.on(t).post("/auth/jwt/refresh/", pad(`{"refresh":"x"}`, 8<<10+1)).want(413, tooLarge)
	})
	t.Run("64 KiB to register", func(t *testing.T) {
		f.on(t).post("/auth/users/", pad(`{"username":"bob"}`, 64<<10)).want(400, `{"password":["This field is required."]}`)
	})
	t.Run("more to register", func(t *testing.T) {
		f.on(t).post("/auth/users/", pad(`{"username":"bob"}`, 64<<10+1)).want(413, tooLarge)
	})
	t.Run("more, in chunks of unknown length", func(t *testing.T) {
		body := struct{ *strings.Reader }{strings.NewReader(pad(credentials, 8<<10+1))}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/auth/jwt/create/", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", jsonMedia)
		response, err := f.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d, want 413", response.StatusCode)
		}
	})
}

// Whatever is sent, the names that come out are different ones, in UTF-8, and every text is UTF-8 without white space around it; what is refused is
// refused with 400, 413 or 415.
func FuzzDecode(f *testing.F) {
	f.Add(jsonMedia, []byte(`{"username":"alice","password":"\ud83d\ude00 \u0000","n":-1.5e3,"l":[1,{}]}`))
	f.Add(jsonMedia, []byte(`{"a":1,"a":2}`))
	f.Add(jsonMedia, []byte("{\"a\":\"\xff\"}"))
	f.Add(formMedia, []byte("username=alice&password=%F0%9F%98%80+x&=&a"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		const limit = 8 << 10
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		r.Header["Content-Type"] = []string{media}
		names, texts, err := httpapi.Decode(httptest.NewRecorder(), r, limit)
		if err != nil {
			if _, status, _ := httpapi.ProblemOf(err); !slices.Contains([]int{400, 413, 415}, status) {
				t.Fatalf("refused with %d", status)
			}
			return
		}
		if len(body) > limit {
			t.Fatalf("%d bytes were read, beyond the limit", len(body))
		}
		for i, name := range names {
			if slices.Contains(names[:i], name) || !utf8.ValidString(name) && media != jsonMedia {
				t.Errorf("name %q: twice, or not UTF-8", name)
			}
			if text := texts[i]; !utf8.ValidString(text) || text != strings.TrimSpace(text) || strings.Contains(text, "\x00") {
				t.Errorf("%s: text %q", name, text)
			}
		}
	})
}
