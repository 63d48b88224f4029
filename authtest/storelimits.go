package authtest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
)

var testRate = auth.Rate{Burst: 3, Interval: 10 * time.Second}

// TestLimits tests what auth.LimitStore promises, a sub-test for each promise. Open is that of [TestStore].
func TestLimits(t *testing.T, open func(t *testing.T, clock *Clock) auth.LimitStore) {
	t.Helper()
	for says, test := range limitPromises {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			test(&limitTest{T: t, store: open(t, clock), clock: clock})
		})
	}
}

// limitTest is a test of one promise, with what all of them need.
type limitTest struct {
	*testing.T
	store auth.LimitStore
	clock *Clock
}

// take counts one use of every key and answers how long to wait for each; nil: it counted.
func (t *limitTest) take(keys ...string) []time.Duration {
	t.Helper()
	uses := make([]auth.LimitUse, len(keys))
	for i, key := range keys {
		uses[i] = auth.LimitUse{Key: key, Rate: testRate}
	}
	waits, err := t.store.TakeLimits(t.Context(), t.clock.Now(), uses...)
	if err != nil {
		t.Fatal(err)
	}
	return waits
}

// wants compares the answer of one take; no waits: it counts.
func (t *limitTest) wants(what string, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: waits (-want +got):\n%s", what, diff)
	}
}

func (t *limitTest) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var limitPromises = map[string]func(t *limitTest){
	"a burst, and then one use an interval": func(t *limitTest) {
		for range 2 { // as good as new after a long rest
			for i := range 5 { // a refusal counts nothing
				if i < testRate.Burst {
					t.wants(fmt.Sprint("use ", i), t.take("k"))
				} else {
					t.wants(fmt.Sprint("use ", i), t.take("k"), 10*time.Second)
				}
			}
			t.clock.Advance(4 * time.Second)
			t.wants("too early", t.take("k"), 6*time.Second)
			t.clock.Advance(6*time.Second - time.Millisecond)
			t.wants("still too early", t.take("k"), time.Millisecond)
			t.clock.Advance(time.Millisecond)
			t.wants("in time", t.take("k"))
			t.wants("once more", t.take("k"), 10*time.Second)
			t.clock.Advance(time.Hour)
		}
	},
	"a clock that is set back locks nobody out": func(t *limitTest) {
		for range 3 {
			t.take("k")
		}
		t.clock.Advance(-10 * time.Second) // as by requests that overtake each other: a full counter stays full
		t.wants("a little back", t.take("k"), 20*time.Second)
		t.clock.Advance(-2 * time.Hour)
		for range 3 {
			t.wants("far back", t.take("k"))
		}
		t.wants("and it counts there", t.take("k"), 10*time.Second)
	},
	"keys do not know each other": func(t *limitTest) {
		for range 4 {
			t.take("a")
		}
		t.wants("another key", t.take("b"))
	},
	"all keys or none": func(t *limitTest) {
		for range 3 {
			t.take("full")
		}
		for range 5 {
			t.wants("one of three is full", t.take("a", "full", "b"), 0, 10*time.Second, 0)
		}
		for range 3 {
			t.wants("the others were not touched", t.take("b", "a"))
		}
		t.clock.Advance(4 * time.Second)
		t.wants("each has its own wait", t.take("a", "full", "new"), 6*time.Second, 6*time.Second, 0)
	},
	"uses that are given back can be had again": func(t *limitTest) {
		for range 3 {
			t.take("k", "l")
		}
		back := []auth.LimitUse{{Key: "k", Rate: testRate}, {Key: "never used", Rate: testRate}, {Key: "l", Rate: testRate}}
		t.must(t.store.GiveLimitsBack(t.Context(), back...))
		t.wants("given back", t.take("k", "l"))
		t.wants("no more than that", t.take("k", "l"), 10*time.Second, 10*time.Second)
	},
	"what is forgotten is as good as new": func(t *limitTest) {
		for range 3 {
			t.take("k", "l", "m")
		}
		t.must(t.store.ForgetLimits(t.Context(), "m", "never used", "k"))
		for range 3 {
			t.wants("forgotten", t.take("k", "m"))
		}
		t.wants("another is not", t.take("l"), 10*time.Second)
	},
	"uses at once are counted one by one (the parallel burst attack)": func(t *limitTest) {
		var taken atomic.Int32
		atOnce(40, func(worker int) {
			keys := []auth.LimitUse{{Key: "k", Rate: testRate}, {Key: "l", Rate: testRate}}
			if worker%2 == 0 {
				keys[0], keys[1] = keys[1], keys[0] // in another order: nobody may wait for the other for ever
			}
			waits, err := t.store.TakeLimits(t.Context(), t.clock.Now(), keys...)
			if err != nil {
				t.Error(err)
			}
			if waits == nil && err == nil {
				taken.Add(1)
			}
		})
		if taken.Load() != int32(testRate.Burst) {
			t.Errorf("taken: got %d, want %d", taken.Load(), testRate.Burst)
		}
	},
	"a count that a year does not empty": func(t *limitTest) {
		use := auth.LimitUse{Key: "k", Rate: auth.Rate{Burst: 100, Interval: 365 * 24 * time.Hour}}
		take := func() []time.Duration {
			waits, err := t.store.TakeLimits(t.Context(), t.clock.Now(), use)
			t.must(err)
			return waits
		}
		for n := range use.Rate.Burst {
			t.wants(fmt.Sprint("use ", n), take())
		}
		t.clock.Advance(use.Rate.Interval - time.Second)
		t.wants("a year later", take(), time.Second)
		t.must(t.store.ForgetLimits(t.Context(), use.Key))
		t.wants("forgotten", take())
	},
	"the same arithmetic as auth.Rate": func(t *limitTest) {
		var kept time.Time
		for i := range 60 {
			next, wait := testRate.NextArrival(kept, t.clock.Now())
			if wait > 0 {
				t.wants(fmt.Sprint("use ", i), t.take("k"), wait)
			} else {
				kept = next
				t.wants(fmt.Sprint("use ", i), t.take("k"))
			}
			t.clock.Advance(time.Duration(i*i%17) * time.Second / 2)
		}
	},
}
