package fault_test

import (
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/authtest"
)

// Servers are killed at random while people sign in and out and refresh. Nobody is signed out by it, nobody who signed out comes back, and the audit trail has no gap.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		kill(t, newHouse(t, ""))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		kill(t, newHouse(t, authtest.PostgresURL(t)))
	})
}

func kill(t *testing.T, h *house) {
	t.Helper()
	server := h.serve(h.database)
	var address atomic.Pointer[string]
	address.Store(&server.Address)
	people := h.crowd(4, func() string { return *address.Load() })
	kills, over := 0, false
	for enough := time.After(killing(t)); !over; kills++ {
		people.goOn(h, 1+rand.IntN(60)) // then, with a request of each on its way
		if err := server.Kill(); err == nil {
			t.Error("the server ended by itself")
		}
		server = h.serve(h.database)
		address.Store(&server.Address)
		select {
		case <-enough:
			over = true
		default:
		}
	}
	people.settle(h, server.Address)
	if err := server.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, server.Log())
	}
	h.auditIsWhole()
	t.Logf("%d kills, %d refreshes", kills, people.done.Load())
}
