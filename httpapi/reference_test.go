package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// The page has every operation of the description with its answers, asks nobody for anything, and is small.
func TestReferencePageShowsTheDescription(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	page := referencePage(t)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			_, article, found := strings.Cut(page, `<code>`+method+" "+path+`</code>`)
			article, _, _ = strings.Cut(article, "</article>")
			if !found || !strings.Contains(article, operation.Summary) {
				t.Errorf("%s %s: not on the page, or without its summary", method, path)
			}
			for status, answer := range operation.Responses.Map() {
				if want := "<td>" + status + "</td><td>" + *answer.Value.Description; !strings.Contains(article, want) {
					t.Errorf("%s %s: no %s", method, path, want)
				}
			}
		}
	}
	for _, foreign := range []string{"<script", "<link", "<img", "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %s", foreign)
		}
	}
	if !strings.Contains(page, "\"refresh\": ") {
		t.Error("the page has no example of a body")
	}
}

func referencePage(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler := httpapi.Operations(authtest.NewService(t, authtest.SQLite(t), authtest.NewClock()))
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/reference", http.NoBody))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("GET /reference: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	if _, err := z.Write(w.Body.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if small.Len() > 30_000 {
		t.Errorf("the page has %d bytes, gzipped", small.Len())
	}
	return html.UnescapeString(w.Body.String())
}

// A map of the server is for operators, not for strangers (reconnaissance).
func TestReferencePageIsNotPublic(t *testing.T) {
	t.Parallel()
	newFrontEnd(t, httpapi.Config{}).get("/reference").want(404, notFound)
}
