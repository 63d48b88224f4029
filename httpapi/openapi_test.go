package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// description is openapi.yaml with a router over it.
var description = sync.OnceValues(func() (routers.Router, error) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/jwk-set+json", openapi3filter.JSONBodyDecoder)
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(document)
})

// held are the answers that were held to the description already, up to tokens and ids: checking is slow.
var held sync.Map

// checkDocumented holds an answer to the description. Paths and methods that nothing serves are not described.
func checkDocumented(t *testing.T, r *http.Request, response *http.Response, body []byte) {
	t.Helper()
	router, err := description()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	if response.StatusCode == http.StatusNotFound && !strings.Contains(r.URL.Path, "/sessions/") && !strings.HasPrefix(r.URL.Path, "/login") {
		return
	}
	if response.StatusCode == http.StatusMethodNotAllowed || r.Method == http.MethodOptions || r.Method == http.MethodHead {
		return
	}
	if response.StatusCode == http.StatusBadRequest && len(body) == 0 { // the one refusal without a body, which the description tells in words
		return
	}
	h := response.Header
	answer := fmt.Sprint(r.Method, r.URL.Path, response.StatusCode, h["Content-Type"], h["Www-Authenticate"], h["Retry-After"], setsDevice(response), scrub(string(body)))
	if _, known := held.LoadOrStore(answer, true); known {
		return
	}
	asked := r.Clone(r.Context())
	route, parameters, err := router.FindRoute(asked)
	if err != nil {
		// Every path is served in both forms, some also with a format, and described in one.
		asked.URL.Path = strings.TrimSuffix(strings.TrimSuffix(r.URL.Path, "/"), ".json")
		if !strings.HasSuffix(asked.URL.Path, "/") && !strings.HasSuffix(r.URL.Path, asked.URL.Path+"/") {
			asked.URL.Path += "/"
		}
		route, parameters, err = router.FindRoute(asked)
	}
	if err != nil {
		if response.StatusCode != http.StatusUnauthorized { // who comes before the method
			t.Errorf("%s %s: not in openapi.yaml: %v", r.Method, r.URL.Path, err)
		}
		return
	}
	if told := route.Operation.Responses.Status(response.StatusCode); setsDevice(response) && (told == nil || told.Value.Headers["Set-Cookie"] == nil) {
		t.Errorf("%s %s: answer %d sets a device cookie, which openapi.yaml does not say", r.Method, r.URL.Path, response.StatusCode)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: asked, PathParams: parameters, Route: route},
		Status:                 response.StatusCode,
		Header:                 response.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s: answer %d %s is not as openapi.yaml says: %v", r.Method, r.URL.Path, response.StatusCode, body, err)
	}
}

func setsDevice(response *http.Response) bool {
	return slices.ContainsFunc(response.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "device") && c.Value != "" })
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	router, err := description()
	if err != nil {
		t.Fatal(err)
	}
	served := servedRoutes()
	for route := range served {
		method, path, _ := strings.Cut(route, " ")
		described(t, router, method, path)
	}
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			if !served[method+" "+path] {
				t.Errorf("openapi.yaml describes %s %s, which nothing serves", method, path)
			}
		}
	}
}

// servedRoutes is every method and path that the code serves.
func servedRoutes() map[string]bool {
	served := map[string]bool{}
	for _, d := range httpapi.AllDialects() {
		for _, route := range d.Routes {
			for _, login := range []string{"username", "email"} {
				path := strings.NewReplacer("{prefix}", "/auth/", "{login_field}", login).Replace(route.Path)
				for _, method := range httpapi.MethodsOf(route.Operation) {
					served[method+" "+path] = true
				}
			}
		}
	}
	for _, page := range []string{"activate", "reset-password", "reset-identifier"} {
		path := "/auth/" + page + "/{uid}/{token}/"
		served["GET "+path], served["POST "+path] = true, true
	}
	for _, route := range []string{"GET /auth/revocations/", "GET /auth/devices/", "POST /auth/devices/"} {
		served[route] = true
	}
	for _, path := range httpapi.DocumentPaths() {
		served[http.MethodGet+" "+path] = true
	}
	return served
}

func described(t *testing.T, router routers.Router, method, path string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, strings.Replace(path, "{id}", strings.Repeat("0", 32), 1), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := router.FindRoute(r); err != nil {
		t.Errorf("%s %s is not in openapi.yaml: %v", method, path, err)
	}
}

// The description lists every machine code, and no other.
func TestEveryCodeIsDescribed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, code := range document.Components.Schemas["Code"].Value.Enum {
		got = append(got, code.(string))
	}
	slices.Sort(got)
	if want := httpapi.ProblemCodes(); !slices.Equal(got, want) {
		t.Errorf("codes in openapi.yaml: got %v, want %v", got, want)
	}
}

func TestOpenAPIIsServedAsJSON(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	r := f.get("/openapi.json").wantHeader("Content-Type", "application/json")
	document, err := openapi3.NewLoader().LoadFromData([]byte(r.body))
	if err != nil {
		t.Fatalf("served description: %v", err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Errorf("served description: %v", err)
	}
	if document.OpenAPI != "3.1.0" || document.Paths.Find("/auth/refresh/") == nil {
		t.Errorf("served description: version %q, refresh %v", document.OpenAPI, document.Paths.Find("/auth/refresh/"))
	}
}
