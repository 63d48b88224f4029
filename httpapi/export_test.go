package httpapi

import (
	"maps"
	"net/http"
	"slices"
)

// What the tests of bodies and of the tables need from inside.
var (
	MethodsOf     = methodsOf
	DocumentPaths = documentPaths
)

// AllDialects is every built-in dialect, the native one too.
func AllDialects() []Dialect { return append([]Dialect{nativeDialect()}, dialects()...) }

// ProblemCodes lists the codes of the table of problems, sorted.
func ProblemCodes() []string { return slices.Sorted(maps.Keys(problemKinds)) }

// ProblemOf is the code and status that an error of the domain is answered with; known tells whether the table of errors has it.
func ProblemOf(err error) (code string, status int, known bool) {
	p := problemOf(err)
	known = p.code != "internal"
	for _, row := range authErrors() {
		known = known || row.err == err //nolint:errorlint // the row of this very error is asked for
	}
	return p.code, p.kind().status, known
}

// Decode reads a body as handlers do, and answers the names and values that it found, in the order of arrival.
func Decode(w http.ResponseWriter, r *http.Request, limit int64) (names []string, texts []string, err error) {
	f, err := readFields(w, r, limit)
	if err != nil {
		return nil, nil, err
	}
	in := newInput(f)
	for _, name := range f.names {
		texts = append(texts, in.text(name, textRule{}))
	}
	return f.names, texts, in.err()
}

// CheckOrigin is the origin step alone, for a server at own whose settings allow one more origin.
func CheckOrigin(r *http.Request, own, allowed string) error {
	return originPolicy{Own: []string{own}, Allowed: []string{allowed}, https: true}.check(r, true)
}
