package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// A backup is one moment of a store that is written all the time: of each user it has his event too, for both were one change.
func TestBackupOfAStoreThatIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, to := filepath.Join(folder, "auth.db"), filepath.Join(folder, "backups", "auth.db")
	if err := os.Mkdir(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	store := open(t, path)
	begun, stop := make(chan struct{}), make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			newSession(t, store, "user"+strings.Repeat("x", i))
			if i == 10 {
				close(begun)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	<-begun
	saved, err := sqlite.Backup(t.Context(), path, to)
	close(stop)
	writer.Wait()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode() != 0o600 || saved.Bytes != info.Size() || saved.Schema != len(steps(t)) {
		t.Errorf("Backup: got %+v, and a file of %d bytes with mode %v, %v", saved, info.Size(), info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
		t.Errorf("Backup left %v, %v; want one file", left, err)
	}
	db := look(t, to)
	users, events := number(t, db, `SELECT count(*) FROM users`), number(t, db, `SELECT count(*) FROM events WHERE kind = 'user.created'`)
	if users < 10 || users != events {
		t.Errorf("the backup has %d users and %d events of that; want the same number, of one moment", users, events)
	}
	newSession(t, open(t, to), "somebody who is new")
}

// damage makes a store and lets its disk forget.
func damage(t *testing.T, path string) {
	t.Helper()
	store := open(t, path)
	for i := range 200 {
		newSession(t, store, "user"+strings.Repeat("x", i))
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(4096 * 4); at < info.Size(); at += 4096 {
		if _, err := file.WriteAt([]byte("a disk that forgets, and remembers something else"), at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(t *testing.T, path, to string)
		want    error
	}{
		"there is a file already": {func(t *testing.T, path, to string) {
			t.Helper()
			if err := errors.Join(open(t, path).Close(), os.WriteFile(to, []byte("yesterday's"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}, fs.ErrExist},
		"there is a link to nowhere": {func(t *testing.T, path, to string) {
			t.Helper()
			if err := errors.Join(open(t, path).Close(), os.Symlink("/nowhere/at-all", to)); err != nil {
				t.Fatal(err)
			}
		}, fs.ErrExist},
		"there is no store":    {func(*testing.T, string, string) {}, nil},
		"the store is damaged": {func(t *testing.T, path, _ string) { t.Helper(); damage(t, path) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, folder := filepath.Join(t.TempDir(), "auth.db"), t.TempDir()
			to := filepath.Join(folder, "backup.db")
			test.prepare(t, path, to)
			before, _ := os.ReadFile(to)
			_, err := sqlite.Backup(t.Context(), path, to)
			if err == nil || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("Backup: got %v, want %v", err, test.want)
			}
			after, _ := os.ReadFile(to)
			left, err := os.ReadDir(folder)
			if string(before) != string(after) || err != nil || (len(left) > 0) != (test.want != nil) {
				t.Errorf("Backup left %v, %v, and %q where there was %q", left, err, after, before)
			}
		})
	}
}
