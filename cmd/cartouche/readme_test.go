package main_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The curl session of the README works as it is pasted. Its one change here is the port.
func TestREADMECurlSession(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("this test pastes the README's curl session: install curl")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```sh\n")
	script, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md has no ```sh block")
	}
	s := serving(t)
	paste := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.ReplaceAll(script, "127.0.0.1:8080", s.Address))
	paste.Dir = t.TempDir()
	paste.Stderr = os.Stderr
	output, err := paste.Output()
	if err != nil {
		t.Fatalf("the session: %v\n%s", err, output)
	}
	var got []string
	for line := range strings.Lines(string(output)) {
		got = append(got, strings.TrimSpace(line[:min(len(line), 9)]))
	}
	want := []string{`{"email":`, `{"email":`, `{"access"`, `{"access"`, `[{"id":"`, `{}`, `{"detail"`}
	if len(got) != len(want) {
		t.Fatalf("the session printed %d lines, want %d:\n%s", len(got), len(want), output)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("line %d: got %s, want %s", i+1, got[i], want[i])
		}
	}
}
