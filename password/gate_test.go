package password_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

var nobody = secret.NewText("correct horse")

func occupy(t *testing.T, h *password.Hasher, slots int) (leave func()) {
	t.Helper()
	leave, err := password.Occupy(t.Context(), h, slots)
	if err != nil {
		t.Fatalf("Occupy: %v", err)
	}
	return leave
}

// TestWaitingEndsAtTheDeadline uses the context's clock, which synctest moves when everybody waits.
func TestWaitingEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		deadline, patience time.Duration
		busy               bool
	}{
		"two seconds by default":      {0, 2*time.Second + time.Millisecond, true},
		"and not less":                {0, 2*time.Second - time.Millisecond, false},
		"as configured":               {5 * time.Second, 5*time.Second + time.Millisecond, true},
		"the caller has less of time": {5 * time.Second, 4 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHasher(t, password.Config{InsecureCost: &cheap, Slots: 1, Deadline: c.deadline})
				leave := occupy(t, h, 1)
				ctx, cancel := context.WithTimeout(t.Context(), c.patience)
				defer cancel()
				_, err := h.Hash(ctx, nobody)
				var busy *password.BusyError
				if errors.As(err, &busy) != c.busy || errors.Is(err, password.ErrBusy) != c.busy || errors.Is(err, context.DeadlineExceeded) == c.busy {
					t.Errorf("Hash: got %v, want busy: %v", err, c.busy)
				}
				if c.busy && busy.RetryAfter != time.Second {
					t.Errorf("RetryAfter: got %v, want 1s", busy.RetryAfter)
				}
				leave()
				want := password.Stats{Slots: 1, Done: 1}
				if c.busy {
					want.Refused = 1
				}
				if diff := cmp.Diff(want, h.Stats()); diff != "" {
					t.Errorf("Stats (-want +got):\n%s", diff)
				}
				mustHash(t, h, "the slot is free again")
			})
		})
	}
}

// TestHashFlood is the attack of many sign-ins at once: who finds the waiting room full is sent away at once, without work.
func TestHashFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, password.Config{InsecureCost: &cheap, Slots: 2})
		leave := occupy(t, h, 2)
		var hashed, busy atomic.Int64
		for range 256 {
			go func() {
				switch _, _, err := h.Check(t.Context(), "", nobody); {
				case err == nil:
					hashed.Add(1)
				case errors.Is(err, password.ErrBusy):
					busy.Add(1)
				}
			}()
		}
		synctest.Wait()
		want := password.Stats{Slots: 2, Running: 1, Waiting: 32, Refused: 224}
		if diff := cmp.Diff(want, h.Stats()); diff != "" {
			t.Errorf("Stats during the flood (-want +got):\n%s", diff)
		}
		leave()
		synctest.Wait()
		if hashed.Load() != 32 || busy.Load() != 224 {
			t.Errorf("got %d hashed and %d sent away, want 32 and 224", hashed.Load(), busy.Load())
		}
		want = password.Stats{Slots: 2, Refused: 224, Done: 33}
		if diff := cmp.Diff(want, h.Stats()); diff != "" {
			t.Errorf("Stats after the flood (-want +got):\n%s", diff)
		}
	})
}

// queue lets callers wait for slots one after the other and notes in which order they come in.
type queue struct {
	h      *password.Hasher
	mu     sync.Mutex
	order  []string
	leaves map[string]func()
}

func (q *queue) join(ctx context.Context, name string, slots int) {
	go func() {
		leave, err := password.Occupy(ctx, q.h, slots)
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil {
			q.order = append(q.order, name+" "+err.Error())
			return
		}
		q.order = append(q.order, name)
		q.leaves[name] = leave
	}()
	synctest.Wait()
}

func (q *queue) leave(name string) {
	q.mu.Lock()
	leave := q.leaves[name]
	q.mu.Unlock()
	leave()
	synctest.Wait()
}

func (q *queue) expect(t *testing.T, want ...string) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	if diff := cmp.Diff(want, q.order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func newQueue(t *testing.T, slots int) *queue {
	t.Helper()
	return &queue{h: newHasher(t, password.Config{InsecureCost: &cheap, Slots: slots, Deadline: time.Hour}), leaves: map[string]func(){}}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 1)
		for i := range 5 {
			q.join(t.Context(), fmt.Sprint(i), 1)
		}
		q.expect(t, "0")
		for i := range 5 {
			q.leave(fmt.Sprint(i))
		}
		q.expect(t, "0", "1", "2", "3", "4")
	})
}

// TestLargeWorkIsNotOvertaken holds that a hash which needs several slots gets them while small ones keep coming.
func TestLargeWorkIsNotOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 3)
		q.join(t.Context(), "a", 1)
		q.join(t.Context(), "b", 1)
		q.join(t.Context(), "large", 3)
		q.join(t.Context(), "c", 1) // a slot is free, but it is not c's turn
		q.expect(t, "a", "b")
		q.leave("a")
		q.expect(t, "a", "b")
		q.leave("b")
		q.expect(t, "a", "b", "large")
		q.leave("large")
		q.expect(t, "a", "b", "large", "c")
	})
}

func TestWhoGoesAwayMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 2)
		ctx, cancel := context.WithCancel(t.Context())
		q.join(t.Context(), "a", 1)
		q.join(ctx, "large", 2)
		q.join(t.Context(), "b", 1)
		q.join(t.Context(), "c", 1)
		q.expect(t, "a")
		if got := q.h.Stats(); got.Waiting != 3 || got.Running != 1 {
			t.Errorf("Stats: got %+v, want 3 waiting", got)
		}
		cancel()
		synctest.Wait()
		q.mu.Lock()
		in := q.leaves["b"] != nil && q.leaves["c"] == nil
		q.mu.Unlock()
		if got := q.h.Stats(); !in || got.Waiting != 1 || got.Running != 2 || got.Refused != 0 {
			t.Errorf("Stats: got %+v; b alone came in: %v, want it to", got, in)
		}
		for _, name := range []string{"a", "b", "c"} {
			q.leave(name)
		}
		if got := q.h.Stats(); got.Running != 0 || got.Done != 3 {
			t.Errorf("Stats: got %+v, want 3 done", got)
		}
	})
}

// TestForeignMemory holds that a hash of Django's which takes the memory of many of ours runs alone.
func TestForeignMemory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		encoded string
		busy    bool
	}{
		"argon2 of 1 MiB":  {vectors[9].encoded, true},
		"scrypt of 2 MiB":  {vectors[19].encoded, true},
		"argon2 of 8 KiB":  {vectors[7].encoded, false},
		"PBKDF2":           {vectors[1].encoded, false},
		"nobody":           {"", false},
		"ours":             {phc(cheap, ",norm=trim-nfc", "x", 16, 32), false},
		"ours, of 128 KiB": {phc(password.Cost{Memory: 128, Passes: 2, Lanes: 1}, ",norm=trim-nfc", "x", 16, 32), false},
		"ours, of 129 KiB": {phc(password.Cost{Memory: 129, Passes: 2, Lanes: 1}, ",norm=trim-nfc", "x", 16, 32), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHasher(t, password.Config{InsecureCost: &cheap, Slots: 3})
				leave := occupy(t, h, 1)
				if _, _, err := h.Check(t.Context(), c.encoded, nobody); errors.Is(err, password.ErrBusy) != c.busy {
					t.Errorf("beside another: got %v, want busy: %v", err, c.busy)
				}
				leave()
				if _, _, err := h.Check(t.Context(), c.encoded, nobody); err != nil {
					t.Errorf("alone: got %v", err)
				}
			})
		})
	}
}

// TestGateLosesNoSlot lets callers give up in every phase; afterwards all slots must be there.
func TestGateLosesNoSlot(t *testing.T) {
	t.Parallel()
	h := newHasher(t, password.Config{InsecureCost: &cheap, Slots: 3, Queue: 8, Deadline: time.Millisecond})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for n := range 60 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((i*n)%7)*100*time.Microsecond)
				if leave, err := password.Occupy(ctx, h, 1+(i+n)%3); err == nil {
					if n%2 == 0 {
						mustHashOrRefuse(ctx, t, h)
					}
					leave()
				}
				cancel()
			}
		})
	}
	group.Wait()
	if got := h.Stats(); got.Running != 0 || got.Waiting != 0 {
		t.Errorf("Stats: got %+v, want nobody", got)
	}
	occupy(t, h, 3)()
}

func mustHashOrRefuse(ctx context.Context, t *testing.T, h *password.Hasher) {
	t.Helper()
	_, err := h.Hash(ctx, nobody)
	if err != nil && !errors.Is(err, password.ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Hash: got %v", err)
	}
}
