package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cartouche "github.com/cartouche-auth/cartouche/cmd/cartouche"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// unchecked are the blocks that nothing here can hold, by page, language and number among those of the language, and the reason.
var unchecked = map[string]string{
	"docs/how-to/coming-from-django.md python 1": "settings of a Django that stays",
	"docs/how-to/coming-from-django.md text 1":   "a command for the Django project",
	"docs/how-to/dialects.md yaml 2":             "a part of a dialect",
	"docs/how-to/doctor.md text 1":               "what a command prints",
	"docs/how-to/operate.md yaml 2":              "a file of Prometheus",
	"docs/how-to/production.md http 1":           "a request, which the page tells without a server",
}

// foreign are beginnings of command lines of other programs, which do their work outside of what a test may touch.
var foreign = []string{
	"npm install", "npm create vite@", "npx expo install", "cd ", "npm run dev", // need the network, or the app that the reader makes
	"mkdir broken && mv /var/lib/", "cp /backups/", "openssl rand ", "chmod 600 ",
	"sh .ci/fuzz ", // fuzzes for half a minute; make fuzz runs the same script
}

type block struct{ page, name, language, text string }

var anyFence = regexp.MustCompile("(?ms)^[ ]*```([a-z]+)[^\n]*\n(.*?)^[ ]*```$")

// Every block of every page is held by something: a compiler, the loader of settings, the tree of commands, or a line in unchecked.
func TestEveryBlockOfTheDocumentation(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, b := range documentation(t) {
		if _, known := unchecked[b.name]; known {
			used[b.name] = true
			continue
		}
		switch b.language {
		case "ts", "tsx", "vue": // compiled by docs/check.js
		case "go":
			checkGo(t, b)
		case "yaml":
			checkSettings(t, b)
		case "sh":
			checkShell(t, b)
		case "text":
			if b.page != "docs/reference/commands.md" { // TestReferencePages
				t.Errorf("%s: say what holds it", b.name)
			}
		default:
			t.Errorf("%s: say what holds it", b.name)
		}
	}
	for name := range unchecked {
		if !used[name] {
			t.Errorf("%s: is not there any more", name)
		}
	}
}

// documentation is every block of the pages that people read.
func documentation(t *testing.T) (all []block) {
	t.Helper()
	root := os.DirFS("../..")
	var pages []string
	for _, pattern := range []string{"README.md", "client/README.md", "examples/*/README.md", "docs/*.md", "docs/*/*.md"} {
		found, err := fs.Glob(root, pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		text, err := fs.ReadFile(root, page)
		if err != nil {
			t.Fatal(err)
		}
		numbers := map[string]int{}
		for _, found := range anyFence.FindAllStringSubmatch(string(text), -1) {
			language := found[1]
			numbers[language]++
			all = append(all, block{page, fmt.Sprint(page, " ", language, " ", numbers[language]), language, found[2]})
		}
		if fences := strings.Count("\n"+string(text), "\n```"); page != "docs/README.md" && fences > 2*sum(numbers) {
			t.Errorf("%s: a block does not say its language", page)
		}
	}
	return all
}

func sum(numbers map[string]int) (n int) {
	for _, one := range numbers {
		n += one
	}
	return n
}

// checkGo finds every statement of a block in an example, which is compiled.
func checkGo(t *testing.T, b block) {
	t.Helper()
	code := regexp.MustCompile(`\s+// .*$|\s`)
	compiled := map[string]bool{}
	files, err := filepath.Glob("../../*/example_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			compiled[code.ReplaceAllString(line, "")] = true
		}
	}
	for line := range strings.Lines(b.text) {
		if !compiled[code.ReplaceAllString(line, "")] {
			t.Errorf("%s: no example has the line %s", b.name, line)
		}
	}
}

func checkSettings(t *testing.T, b block) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cartouche.yaml")
	write(t, path, b.text)
	if _, err := config.Load(config.Sources{Flags: map[string][]string{"config": {path}}}); err != nil {
		t.Errorf("%s: %v", b.name, err)
	}
}

// checkShell holds each line to the program that it calls. The session of the README is carried out by TestREADMECurlSession.
func checkShell(t *testing.T, b block) {
	t.Helper()
	if b.name == "README.md sh 1" {
		return
	}
	for line := range strings.Lines(b.text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		line = regexp.MustCompile(`^CARTOUCHE_[A-Z_]+='[^']*' `).ReplaceAllString(strings.TrimSpace(line), "")
		words := strings.Fields(strings.ReplaceAll(line, "$(date +%F)", "today"))
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case words[0] == "cartouche":
			checkCommand(t, b, words[1:])
		case words[0] == "make":
			checkTarget(t, b, words[1])
		case strings.HasPrefix(line, "npm run ") && len(words) == 5 && words[3] == "-w":
			checkScript(t, b, words[4], words[2])
		default:
			checkForeign(t, b, line)
		}
	}
}

func checkCommand(t *testing.T, b block, words []string) {
	t.Helper()
	var args []string
	for _, word := range words {
		if word == ">" {
			break
		}
		if word != "…" {
			args = append(args, strings.Trim(word, `'"`))
		}
	}
	command, rest, err := cartouche.Root().Find(args)
	if err == nil && !command.HasParent() {
		err = fmt.Errorf("%q names no command", args)
	}
	if err == nil {
		err = command.ParseFlags(rest)
	}
	if err == nil {
		err = command.ValidateArgs(command.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: cartouche %s: %v", b.name, strings.Join(words, " "), err)
	}
}

func checkTarget(t *testing.T, b block, target string) {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(makefile), "\n"+target+":") {
		t.Errorf("%s: the Makefile has no target %s", b.name, target)
	}
}

func checkScript(t *testing.T, b block, workspace, script string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", workspace, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), fmt.Sprintf("\n    %q: ", script)) {
		t.Errorf("%s: %s has no script %s", b.name, workspace, script)
	}
}

func checkForeign(t *testing.T, b block, line string) {
	t.Helper()
	for _, beginning := range foreign {
		if strings.HasPrefix(line, beginning) {
			return
		}
	}
	t.Errorf("%s: say what holds %s", b.name, line)
}
