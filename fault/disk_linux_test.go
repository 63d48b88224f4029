package fault_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// letFilesGrow bounds the size of every file that a running server writes, as a full disk does; zero lifts the bound.
func letFilesGrow(t *testing.T, s *process.Server, size int64) {
	t.Helper()
	limit := unix.Rlimit{Cur: uint64(size), Max: unix.RLIM_INFINITY}
	if size == 0 {
		limit.Cur = unix.RLIM_INFINITY
	}
	if err := unix.Prlimit(s.PID(), unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}

// The disk of a SQLite database is full, until somebody makes room. Reading goes on, what must be stored is 503, and what was answered before is there after a crash.
func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	server := h.serve(h.database)
	b, other := h.browser(), h.browser()
	b.signIn(server.Address)
	b.refresh(server.Address)
	b.refresh(server.Address)
	log, err := os.Stat(filepath.Join(h.dir, "auth.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	letFilesGrow(t, server, max(log.Size(), 1))
	h.until("a sign-in hears of it", func() bool { return other.signIn(server.Address) == http.StatusServiceUnavailable })
	if status := b.me(server.Address); status != http.StatusOK {
		t.Errorf("reading: got %d", status)
	}
	if status := b.refresh(server.Address); status != http.StatusServiceUnavailable {
		t.Errorf("a refresh that must write: got %d", status)
	}
	if status := b.signOut(server.Address); status != http.StatusServiceUnavailable {
		t.Errorf("a sign-out that cannot be stored: got %d, which somebody would believe", status)
	}
	b.uncertain = false // 503 says that nothing was stored
	letFilesGrow(t, server, 0)
	h.until("refreshing goes on", func() bool { return b.refresh(server.Address) == http.StatusOK })
	before := other.openedBySignIn(server.Address)
	if err := server.Kill(); err == nil {
		t.Error("the server ended by itself")
	}
	server = h.serve(h.database)
	if status := b.refresh(server.Address); status != http.StatusOK {
		t.Errorf("a refresh after the crash: got %d\n%s", status, server.Log())
	}
	if n := b.sessions(server.Address); n != before || n != 2 {
		t.Errorf("ada has %d sessions, and had %d before the crash, want 2: one was lost, or one of those that were refused was opened", n, before)
	}
	stopAll(h, server)
	h.auditIsWhole()
	t.Logf("the log was held at %d bytes", log.Size())
}
