package password

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// Config is how a Hasher is made. The zero Config is ready for a small machine.
type Config struct {
	Profile string // "small" (default: 19 MiB, 2 passes) or "standard" (64 MiB, 3 passes)
	Cost    *Cost  // instead of a profile; not below the floor
	// InsecureCost is a Cost below the floor, for tests and measurements only.
	InsecureCost *Cost
	// Slots is how many hashes are computed at once; default one per core (GOMAXPROCS), or fewer where a quarter of GOMEMLIMIT, if that is set,
	// does not hold so many.
	Slots    int
	Queue    int           // how many may wait for a slot; default 16 a slot
	Deadline time.Duration // how long one may wait; default 2 s
}

// memoryShare is what one hash takes, in tenths of its Memory: the blocks, and those of earlier hashes that are not collected yet.
const memoryShare = 26

// Hasher hashes and checks passwords. It bounds the memory of the process, so share one among all services. It is safe for concurrent use.
type Hasher struct {
	cost Cost
	gate *gate
	salt []byte // of the hashes that are thrown away
}

// New makes a Hasher; it computes nothing yet. It reports every mistake in c, joined.
func New(c Config) (*Hasher, error) {
	cost, err := c.chooseCost()
	if c.Slots < 0 || c.Queue < 0 || c.Deadline < 0 {
		err = errors.Join(err, errors.New("password slots, queue and deadline: must not be negative"))
	}
	if err != nil {
		return nil, err
	}
	if c.Slots == 0 {
		c.Slots = defaultSlots(cost)
	}
	if c.Queue == 0 {
		c.Queue = 16 * c.Slots
	}
	if c.Deadline == 0 {
		c.Deadline = 2 * time.Second
	}
	return &Hasher{cost: cost, gate: newGate(c.Slots, c.Queue, c.Deadline), salt: secret.Bytes(saltSize)}, nil
}

func (c Config) chooseCost() (Cost, error) {
	switch {
	case c.InsecureCost != nil && (c.Cost != nil || c.Profile != ""), c.Cost != nil && c.Profile != "":
		return Cost{}, errors.New("password cost: give a profile or a cost, not both")
	case c.InsecureCost != nil:
		return *c.InsecureCost, wrapCost(c.InsecureCost.checkCaps())
	case c.Cost != nil:
		return *c.Cost, wrapCost(errors.Join(c.Cost.checkCaps(), c.Cost.checkFloor()))
	case c.Profile == "":
		return profiles["small"], nil
	}
	cost, ok := profiles[c.Profile]
	if !ok {
		return Cost{}, fmt.Errorf("password profile: %q is neither small nor standard", c.Profile)
	}
	return cost, nil
}

func wrapCost(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("password cost: %w", err)
}

func defaultSlots(cost Cost) int {
	slots := runtime.GOMAXPROCS(0)
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		fit := limit / 4 / (int64(cost.Memory) << 10 * memoryShare / 10)
		slots = int(min(int64(slots), fit))
	}
	return max(1, slots)
}

// Hash makes the hash of a new password. Errors: ErrTooLong and ErrMalformed before any work, *BusyError, the context's while it waits.
func (h *Hasher) Hash(ctx context.Context, plain secret.Text) (string, error) {
	t, err := readText(plain.Reveal())
	if err != nil {
		return "", err
	}
	leave, err := h.gate.enter(ctx, 1)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashText(h.cost, t), nil
}

// Check tells whether encoded was made of plain. When it was, and is not as strong as what Hash makes now, upgraded is a new hash to store in its
// place; else upgraded is "". Encoded "" is nobody's: no password is right, at the cost of a wrong one. So are hashes that cannot be read.
// Errors: ErrTooLong and ErrMalformed before any work, whatever encoded is; *BusyError; the context's while it waits. None of them is a wrong password.
func (h *Hasher) Check(ctx context.Context, encoded string, plain secret.Text) (ok bool, upgraded string, err error) {
	t, err := readText(plain.Reveal())
	if err != nil {
		return false, "", err
	}
	s := read(encoded)
	leave, err := h.gate.enter(ctx, h.slotsFor(s))
	if err != nil {
		return false, "", err
	}
	defer leave()
	ok, strong := h.compare(s.work, t)
	switch {
	case strong:
		return ok, "", nil
	case ok:
		return true, hashText(h.cost, t), nil
	}
	// As much work as the right password takes, so that nobody learns who has an account (the timing attack on user names).
	argon2Hash{cost: h.cost, salt: h.salt, tag: make([]byte, tagSize), norm: normTrimNFC}.matches(t)
	return false, "", nil
}

// compare does the work of the stored hash, if it can be read.
func (h *Hasher) compare(w work, t text) (ok, strong bool) {
	if w == nil {
		return false, false
	}
	ok = w.matches(t)
	if w.memory() > 2*h.cost.Memory {
		runtime.GC() // else the blocks of one such hash stay while the next one takes as many again; measured: 330 MB resident instead of 145
	}
	return ok, w.asStrongAs(h.cost)
}

// slotsFor is how many slots a check needs: a foreign hash that takes the memory of several of ours takes their slots too, at most all of them.
func (h *Hasher) slotsFor(s stored) int {
	if s.work == nil {
		return 1
	}
	need := (s.work.memory() + h.cost.Memory - 1) / h.cost.Memory
	return max(1, min(int(need), h.gate.slots))
}

// Stats are the counters.
func (h *Hasher) Stats() Stats { return h.gate.stats() }

// Unusable makes a hash that no password matches, in Django's form. Each is different, so that comparing it with another tells nothing.
func Unusable() string { return "!" + secret.Alphanumeric(40) }
