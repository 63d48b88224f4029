package authtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// numbered is a rule that seals with made-up hashes: promises are about the store, not about the cryptography.
func numbered(head auth.Mark, _ int64, events []auth.SealedEvent) ([]auth.Link, auth.Mark) {
	links := make([]auth.Link, len(events))
	for i, e := range events {
		head.Position++
		head.Hash = auth.Hash{byte(head.Position), byte(e.Seq)}
		links[i] = head.Link
	}
	head.MAC = auth.Hash{1}
	return links, head
}

func marked(at auth.Link) auth.Mark { return auth.Mark{Link: at, MAC: auth.Hash{2}} }

// recorded records events with numbers for details.
func (t *storeTest) recorded(numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		t.must(t.store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventLogin, At: t.now(), Detail: fmt.Sprint(n)}))
	}
}

func (t *storeTest) seal(limit int) int {
	t.Helper()
	n, err := t.store.SealEvents(t.Context(), limit, numbered)
	t.must(err)
	return n
}

// chain lists the details of the sealed events in the order of the chain, which has to be one of positions without gaps from first on.
func (t *storeTest) chain(first int64) (details []string) {
	t.Helper()
	events, err := t.store.SealedEvents(t.Context(), 0, 1000)
	t.must(err)
	for i, e := range events {
		t.same("position", e.Position, first+int64(i))
		t.same("hash", e.Hash, auth.Hash{byte(e.Position), byte(e.Seq)})
		details = append(details, e.Detail)
	}
	return details
}

func (t *storeTest) marks() auth.Chain {
	t.Helper()
	chain, err := t.store.Chain(t.Context())
	t.must(err)
	return chain
}

var sealPromises = []promise{
	{"a new store has an empty chain", func(t *storeTest) {
		t.same("marks", t.marks(), auth.Chain{})
		_, err := t.store.SealEvents(t.Context(), 10, func(auth.Mark, int64, []auth.SealedEvent) ([]auth.Link, auth.Mark) {
			t.Error("seal was called without an event")
			return nil, auth.Mark{}
		})
		t.must(err)
	}},
	{"the oldest are sealed first, as many as asked for, and no event twice", func(t *storeTest) {
		t.recorded(1, 2, 3)
		t.same("sealed", t.seal(2), 2)
		t.same("the chain", t.chain(1), []string{"1", "2"})
		t.recorded(4)
		t.same("sealed", t.seal(100), 2)
		t.same("sealed again", t.seal(100), 0)
		t.same("the chain", t.chain(1), []string{"1", "2", "3", "4"})
		t.same("the head", t.marks().Head.Position, int64(4))
		t.same("the head's MAC", t.marks().Head.MAC, auth.Hash{1})
		t.same("the anchor", t.marks().Anchor, auth.Mark{})
	}},
	{"many are sealed at once", func(t *storeTest) {
		var want []string
		for i := range 150 {
			t.recorded(i)
			want = append(want, fmt.Sprint(i))
		}
		t.same("sealed", t.seal(1000), 150)
		t.same("the chain", t.chain(1), want)
	}},
	{"seal sees every event whole, and the last position", func(t *storeTest) {
		want := auth.Event{
			Kind: auth.EventLoginFailed, Actor: auth.ActorStaff("8"), At: t.now(), UserID: "7", SessionID: auth.NewSessionID(), Detail: "d",
			Client: auth.Client{Address: "192.0.2.1", UserAgent: "curl/8", RequestID: "r1"},
		}
		t.recorded(1)
		t.seal(1)
		t.must(t.store.RecordEvent(t.Context(), want))
		unsealed, err := t.store.UnsealedEvents(t.Context(), 0, 10)
		t.must(err)
		_, err = t.store.SealEvents(t.Context(), 10, func(head auth.Mark, last int64, events []auth.SealedEvent) ([]auth.Link, auth.Mark) {
			t.same("the last position", last, int64(1))
			t.same("the events", events, unsealed)
			t.same("the event", events[0].Event, want)
			return numbered(head, last, events)
		})
		t.must(err)
		events, err := t.store.SealedEvents(t.Context(), 1, 10)
		t.must(err)
		t.same("sealed", events[0].Event, want)
		if none, err := t.store.UnsealedEvents(t.Context(), 0, 10); err != nil || len(none) > 0 {
			t.Errorf("UnsealedEvents after sealing: got %v, %v", none, err)
		}
	}},
	{"those who seal at once make one chain (the forked chain)", func(t *storeTest) {
		var recorded, sealed atomic.Int32
		atOnce(8, func(i int) {
			for range 20 {
				if i%2 == 0 {
					if err := t.store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventLogin, At: t.now()}); err != nil {
						t.Error(err)
					}
					recorded.Add(1)
					continue
				}
				n, err := t.store.SealEvents(t.Context(), 3, numbered)
				if err != nil {
					t.Error(err)
				}
				sealed.Add(int32(n))
			}
		})
		sealed.Add(int32(t.seal(1000)))
		t.same("sealed", sealed.Load(), recorded.Load())
		t.same("the chain", len(t.chain(1)), int(recorded.Load()))
	}},
	{"a sealing that is broken off seals nothing", func(t *storeTest) {
		t.recorded(1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := t.store.SealEvents(ctx, 10, numbered); err == nil {
			t.Error("SealEvents with a context that has ended: no error")
		}
		t.same("the head", t.marks().Head, auth.Mark{})
	}},
}

var pruneEventsPromises = []promise{
	{"sealed events go from the beginning, and the anchor tells where the chain begins now", func(t *storeTest) {
		t.recorded(1, 2)
		t.seal(10)
		horizon := t.clock.Advance(time.Hour)
		t.recorded(3)
		t.seal(10)
		n, err := t.store.PruneEvents(t.Context(), horizon, marked)
		t.must(err)
		t.same("deleted", n, 2)
		t.same("the chain", t.chain(3), []string{"3"})
		t.same("the anchor's place", t.marks().Anchor.Position, int64(2))
		t.same("the anchor's MAC", t.marks().Anchor.MAC, auth.Hash{2})
		t.same("the head", t.marks().Head.Position, int64(3))
		t.recorded(4)
		t.seal(10)
		t.same("the chain", t.chain(3), []string{"3", "4"})
	}},
	{"events that are not sealed stay, however old", func(t *storeTest) {
		t.recorded(1)
		n, err := t.store.PruneEvents(t.Context(), t.clock.Advance(time.Hour), marked)
		t.must(err)
		t.same("deleted", n, 0)
		t.same("sealed", t.seal(10), 1)
	}},
	{"an old event behind a young one stays: the chain has no holes", func(t *storeTest) {
		start := t.now()
		t.recorded(1)
		t.clock.Advance(time.Hour)
		t.recorded(2)
		t.clock.Set(start)
		t.recorded(3)
		t.seal(10)
		n, err := t.store.PruneEvents(t.Context(), start.Add(time.Minute), marked)
		t.must(err)
		t.same("deleted", n, 1)
		t.same("the chain", t.chain(2), []string{"2", "3"})
	}},
	{"all may go, and the chain goes on", func(t *storeTest) {
		for i := range 1100 {
			t.recorded(i)
		}
		t.same("sealed", t.seal(2000), 1100)
		n, err := t.store.PruneEvents(t.Context(), t.clock.Advance(time.Hour), marked)
		t.must(err)
		t.same("deleted", n, 1100)
		t.same("the anchor", t.marks().Anchor.Link, t.marks().Head.Link)
		t.recorded(1)
		t.seal(10)
		t.same("the chain", t.chain(1101), []string{"1"})
	}},
}
