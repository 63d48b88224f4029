package main_test

import (
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Who watches sees how far the copy is, and the table at the end is not torn by that.
func TestACopyShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	m := newMove(t, "sqlite:"+filepath.Join(folder, "from.db"), "sqlite:"+filepath.Join(folder, "to.db"))
	person, tty := terminal(t)
	run := exec.CommandContext(t.Context(), m.command, "store", "copy", m.from, m.to)
	run.Env, run.Stderr = []string{}, tty
	table, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	tty.Close()
	shown, _ := io.ReadAll(person) // ends with an error, because nobody has the other side any more
	if !strings.Contains(string(shown), "rows, written and read back") || !strings.Contains(string(shown), "% |") {
		t.Errorf("the terminal showed %q", shown)
	}
	if !strings.HasPrefix(string(table), "TABLE ") || strings.Contains(string(table), "%") {
		t.Errorf("the output is %q", table)
	}
}
