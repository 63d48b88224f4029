//go:build unix

package secret_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cartouche-auth/cartouche/secret"
)

// openInProcess names the file that a copy of this test program opens, to print the key's public name.
const openInProcess = "CARTOUCHE_TEST_OPEN_MASTER"

func TestMain(m *testing.M) {
	path := os.Getenv(openInProcess)
	if path == "" {
		os.Exit(m.Run())
	}
	master, err := secret.OpenMaster(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprint(os.Stdout, master.Children("")[0].ID)
	os.Exit(0)
}

func TestOpenMasterFirstRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "cartouche")
	path := filepath.Join(dir, "master.key")
	m, err := secret.OpenMaster(path)
	if err != nil {
		t.Fatalf("OpenMaster: %v", err)
	}
	for name, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, path: 0o600} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: got %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v, want the key file alone", entries, err)
	}
	for name, again := range map[string]func(string) (secret.Master, error){"OpenMaster": secret.OpenMaster, "ReadMaster": secret.ReadMaster} {
		if second, err := again(path); err != nil || second.Children("")[0].ID != m.Children("")[0].ID {
			t.Errorf("%s on the second run: got another key or %v", name, err)
		}
	}
}

func TestReadMasterMakesNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := secret.ReadMaster(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadMaster: got %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Lstat: got %v: ReadMaster made a file", err)
	}
}

// TestOpenMasterAtOnce is a race of starting processes: with two keys, half of them would sign what the others refuse.
func TestOpenMasterAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "master.key")
	const processes, goroutines = 4, 8
	ids := make([]string, processes+goroutines)
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), openInProcess+"="+path)
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("process %d: %v", i, err)
			}
			ids[i] = string(out)
		})
	}
	for i := range goroutines {
		group.Go(func() {
			m, err := secret.OpenMaster(path)
			if err != nil {
				t.Errorf("goroutine %d: %v", i, err)
				return
			}
			ids[processes+i] = m.Children("")[0].ID
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("got the keys %q, want one", ids)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v, want the key file alone", entries, err)
	}
}

func writeKeyFile(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(newKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestKeyFileModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fs.FileMode]string{
		0o600: "", 0o400: "",
		0o640: "wider than 0600", 0o604: "wider than 0600", 0o660: "wider than 0600", 0o644: "wider than 0600", 0o666: "wider than 0600",
		0o610: "wider than 0600", 0o700: "wider than 0600", 0o602: "wider than 0600",
	} {
		t.Run(fmt.Sprintf("%04o", mode), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "master.key")
			writeKeyFile(t, path, mode)
			_, err := secret.OpenMaster(path)
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("OpenMaster: got %v, want %q", err, want)
			}
		})
	}
}

// TestKeyFolderThatEverybodyWrites is the attack of another local user who renames a file of theirs, or an old one of ours, over the key.
func TestKeyFolderThatEverybodyWrites(t *testing.T) {
	t.Parallel()
	for mode, refused := range map[fs.FileMode]bool{0o700: false, 0o755: false, 0o777: true, 0o703: true, 0o777 | fs.ModeSticky: false} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			_, makeErr := secret.OpenMaster(filepath.Join(dir, "made.key"))
			writeKeyFile(t, filepath.Join(dir, "found.key"), 0o600)
			_, readErr := secret.OpenMaster(filepath.Join(dir, "found.key"))
			if (makeErr != nil) != refused || (readErr != nil) != refused {
				t.Errorf("OpenMaster: got %v to make and %v to read, want refused: %v", makeErr, readErr, refused)
			}
			if _, err := os.Lstat(filepath.Join(dir, "made.key")); refused && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a key was made in a folder that was refused: %v", err)
			}
		})
	}
}

// TestKeyFileIsALink is the attack of pointing the key file at one that the attacker knows, or of having the key written elsewhere.
func TestKeyFileIsALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	writeKeyFile(t, target, 0o600)
	for name, to := range map[string]string{"existing": target, "dangling": filepath.Join(dir, "nothing")} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.OpenMaster(link); err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: got %v, want a refusal of the link", name, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was written through the link: %v", err)
	}
}

func TestKeyFileOfAnotherUser(t *testing.T) {
	t.Parallel()
	path := "/etc/passwd" // belongs to root, whom we are not
	if os.Geteuid() == 0 {
		path = filepath.Join(t.TempDir(), "master.key")
		writeKeyFile(t, path, 0o600)
		if err := os.Chown(path, 65534, -1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := secret.OpenMaster(path); err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("OpenMaster: got %v, want a refusal of the owner", err)
	}
}

func TestKeyFileIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe} { // a pipe must not be waited for
		if _, err := secret.OpenMaster(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v, want a refusal", path, err)
		}
	}
}

func TestKeyFileContents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":   {"", "there is none"},
		"garbage": {"never$show$this", "line 1 is not standard base64"},
		"weak":    {base64.StdEncoding.EncodeToString(make([]byte, 32)), "one byte repeated"},
		"huge":    {strings.Repeat("# nothing\n", 7000), "larger than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := secret.OpenMaster(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "never$show$this") {
				t.Errorf("OpenMaster: got %v, want %q and the path", err, c.want)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
				t.Errorf("the file was changed to %q, %v", text, err)
			}
		})
	}
}

func TestOpenMasterWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	writeKeyFile(t, file, 0o600)
	if _, err := secret.OpenMaster(filepath.Join(file, "master.key")); err == nil {
		t.Error("OpenMaster below a file: got no error")
	}
}
