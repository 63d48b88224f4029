package attack_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "../docs/reference/security.md"

// The page is made from the tables. Rewrite it with: go test ./attack -run TestSecurityPage -update
func TestSecurityPage(t *testing.T) {
	t.Parallel()
	made := securityPage()
	if *update {
		if err := os.WriteFile(page, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(contents(t, page), made); diff != "" {
		t.Errorf("%s is stale; run: go test ./attack -run TestSecurityPage -update (-kept +made)\n%s", page, diff)
	}
}

func securityPage() string {
	var p strings.Builder
	p.WriteString(`<!-- Made from the tables in attack by ` + "`go test ./attack -run TestSecurityPage -update`" + `; a test fails when it is stale. -->
# Security: requirements and attacks

What the server must do, what was tried against it, and what is open. ` + "`make test`" + ` runs every test that is named here and fails with it, so what is not said to be open
holds; ` + "`make attack`" + ` runs the attacks of package attack alone, those that need luck for longer. They are made on the program as it is shipped, from outside. Beside what each
is about, what is refused must hand out nothing; where a row could change, the victim's rows and mails are compared, the session must go on and the password sign in; and no answer may
be a server error or tell of the inside.

`)
	fmt.Fprintf(&p, "%d attacks, %d requirements, %d of these with something open.\n\n", len(attacks()), len(requirements()), openRequirements())
	p.WriteString("## Requirements\n\n| | Requirement | Attacks | Tests beside | State |\n|---|---|---|---|---|\n")
	for _, r := range requirements() {
		fmt.Fprintf(&p, "| %s | %s | %s | %s | %s |\n", r.id, r.text, strings.Join(against(r.id), " "), names(r.beside), state(r.open))
	}
	p.WriteString("\n## Attacks\n\n| | Attack | Severity | Against | Test | State |\n|---|---|---|---|---|---|\n")
	for _, a := range attacks() {
		fmt.Fprintf(&p, "| %s | %s | %s | %s | %s | %s |\n", a.id, a.what, a.severity, a.against, names(a.name()), state(a.open))
	}
	p.WriteString("\nThe rows of `make timing` are measured, by the ranks of the times of many answers, and not asserted by `make test`: " +
		"[measuring.md](../explanation/measuring.md) has the figures.\n")
	return p.String()
}

func openRequirements() (n int) {
	for _, r := range requirements() {
		if r.open != "" {
			n++
		}
	}
	return n
}

// against are the attacks that try a requirement.
func against(requirement string) (ids []string) {
	for _, a := range attacks() {
		if slices.Contains(strings.Fields(a.against), requirement) {
			ids = append(ids, a.id)
		}
	}
	return ids
}

var testName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*|make \w+`)

// names sets names of tests and commands as code.
func names(text string) string {
	if strings.Contains(text, "`") {
		return text
	}
	return testName.ReplaceAllString(text, "`$0`")
}

func state(open string) string {
	if open == "" {
		return "holds"
	}
	return "**open**: " + open
}

// Every test that attacks stands in the table by its own name, and every requirement has something that tries it.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	inTable, ids := map[string]bool{}, map[string]bool{}
	for _, a := range attacks() {
		if ids[a.id] {
			t.Errorf("%s stands twice", a.id)
		}
		ids[a.id] = true
		name := strings.TrimPrefix(a.name(), "attack ")
		if inTable[name] = true; a.test != nil && !strings.HasPrefix(name, "Test"+a.id) {
			t.Errorf("%s is tested by %s", a.id, name)
		}
		for id := range strings.FieldsSeq(a.against) {
			if !slices.ContainsFunc(requirements(), func(r requirement) bool { return r.id == id }) {
				t.Errorf("%s is against %s, which is no requirement", a.id, id)
			}
		}
	}
	for _, name := range testsIn(t, ".") {
		if regexp.MustCompile(`^Test[A-K]\d\d`).MatchString(name) && !inTable[name] {
			t.Errorf("%s stands in no row", name)
		}
	}
	for _, r := range requirements() {
		if r.open == "" && r.beside == "" && len(against(r.id)) == 0 {
			t.Errorf("nothing tries %s", r.id)
		}
	}
}

// Every test that the page names exists where it says.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	var named []string
	for _, r := range requirements() {
		named = append(named, r.beside)
	}
	for _, a := range attacks() {
		named = append(named, a.elsewhere)
	}
	known := map[string][]string{}
	for _, text := range named {
		place := ""
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ,;", r) }) {
			switch {
			case !regexp.MustCompile(`^(Test|Fuzz)[A-Z]`).MatchString(word):
				if place = word; strings.Contains(text, word+" Test") && known[place] == nil {
					known[place] = testsIn(t, filepath.Join("..", place))
				}
			case !slices.Contains(known[place], word):
				t.Errorf("%s has no %s", place, word)
			}
		}
	}
}

// testsIn are the tests of a package, by its folder.
func testsIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}
