package main_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reference pages are made from the code. Rewrite them with: go test ./cmd/cartouche -update
func TestReferencePages(t *testing.T) {
	t.Parallel()
	command := install(t, t.TempDir())
	for page, path := range map[string]string{"settings": "../../docs/reference/configuration.md", "commands": "../../docs/reference/commands.md", "metrics": "../../docs/reference/metrics.md"} {
		run := exec.Command(command, "reference", page)
		run.Env = []string{}
		made, err := run.Output()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(kept), string(made)); diff != "" {
			t.Errorf("%s is stale; run: go test ./cmd/cartouche -update (-kept +made)\n%s", path, diff)
		}
	}
}
