package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/cartouche-auth/cartouche/auth"
)

// preparing lets one goroutine at a time touch a database file outside SQLite: closing a file that another goroutine has opened through
// SQLite meanwhile would silently drop its locks (POSIX locks belong to the process, not to the descriptor).
var preparing sync.Mutex

// prepareFile makes sure that the file exists and that nobody but its owner can read it: it holds password hashes and everybody's
// addresses. It answers the absolute path.
func prepareFile(path string) (string, error) {
	if path == "" || path == ":memory:" {
		return path, errors.New("the store must be a file")
	}
	full, err := absolute(path)
	if err != nil {
		return path, err
	}
	preparing.Lock()
	defer preparing.Unlock()
	if err := makeFile(full); err != nil {
		return full, unavailable(err)
	}
	for _, name := range []string{full, full + "-wal", full + "-shm"} {
		if err := restrict(name); err != nil {
			return full, unavailable(err)
		}
	}
	return full, nil
}

func makeFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was quicker
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// restrict takes the rights of group and others away.
func restrict(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s: is a folder", path)
	case info.Mode().Perm()&0o077 == 0:
		return nil
	}
	return os.Chmod(path, info.Mode().Perm()&0o700)
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", auth.ErrUnavailable, err) }
