package rotation_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPageIsTrue holds docs/explanation/refresh.md to this package: its table has the published results, and the tests that it names are here.
func TestPageIsTrue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "explanation", "refresh.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, p := range published {
		if row := rowOf(p.name, p.want); !strings.Contains(page, row+"\n") {
			t.Errorf("the page has no row\n%s", row)
		}
	}
	tests := testsHere(t)
	for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(page, -1) {
		if !tests[name[1]] {
			t.Errorf("the page names %s, which is not here", name[1])
		}
	}
	for i := 1; i <= 16; i++ {
		if !regexp.MustCompile(fmt.Sprintf("\n\\| I%d \\|.*`TestI%d[A-Z]", i, i)).MatchString(page) {
			t.Errorf("the page names no test of I%d", i)
		}
	}
}

func rowOf(name string, r result) string {
	cells := []string{name}
	for _, n := range []int{r.OneTabLosses, r.TwoTabs, r.TwoTabsLosses, r.JarCrashes, r.StuckMessage, r.StuckRequest} {
		cell := "none"
		if n > 0 {
			cell = fmt.Sprintf("%d steps", n)
		}
		cells = append(cells, cell)
	}
	left := "no"
	if r.ThiefLeft {
		left = "yes"
	}
	return "| " + strings.Join(append(cells, fmt.Sprint(r.RoundsBlind), fmt.Sprint(r.RoundsSeeing), left), " | ") + " |"
}

// testsHere are the names of this package's tests.
func testsHere(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
