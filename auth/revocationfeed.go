package auth

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// RevocationPage is a part of the feed of revocations, which services elsewhere follow.
type RevocationPage struct {
	// Cursor is what to ask with next time.
	Cursor string
	// Whole says that Revocations is all there are, so that whoever follows forgets what it knew.
	Whole       bool
	Revocations []Revocation
	// Age is how long ago this process last heard from the store what other processes revoked.
	Age time.Duration
}

// maxFeedAge is how long a process may have been cut off from the store and still pretend to know the revocations.
const maxFeedAge = 10 * time.Second

// RevocationFeed answers the revocations since a cursor that any process of this database gave: at once if there are any, and otherwise as soon as there
// are, after wait, or when the process stops. An empty cursor, and one too old to go on from, answers all that are in force. ErrUnavailable while the store has
// not been heard of for ten seconds: whoever follows must learn that nothing is known. It needs [Service.Run].
func (s *Service) RevocationFeed(ctx context.Context, cursor string, wait time.Duration) (RevocationPage, error) {
	s.counts.followers.Add(1)
	defer s.counts.followers.Add(-1)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for last := wait <= 0; ; {
		page, changed, err := s.revocationPage(cursor)
		if err != nil || last || page.Whole || len(page.Revocations) > 0 {
			return page, err
		}
		select {
		case <-changed:
		case <-timer.C:
			last = true
		case <-s.revocations.stopped:
			last = true
		case <-ctx.Done():
			return RevocationPage{}, ctx.Err()
		}
	}
}

// ReleaseFollowers answers everybody who waits for revocations, and lets nobody wait from now on. A server calls it when it begins to stop.
func (s *Service) ReleaseFollowers() { s.revocations.stop() }

func (s *Service) revocationPage(cursor string) (RevocationPage, <-chan struct{}, error) {
	now, polled := s.now(), time.UnixMilli(s.polledAt.Load())
	age := max(0, now.Sub(polled))
	if age > maxFeedAge {
		return RevocationPage{}, nil, fmt.Errorf("follow revocations: the store was last heard of %s ago: %w", age.Round(time.Second), ErrUnavailable)
	}
	at, ok := parseCursor(cursor)
	whole := !ok || at.time.Before(now.Add(-s.revocationHorizon()))
	if whole {
		at = feedCursor{}
	}
	list, next, changed := s.revocations.since(at)
	// Everything that was stored before this time is known here, so another process can go on from there.
	next.time = polled.Add(-revocationOverlap)
	return RevocationPage{Cursor: next.String(), Whole: whole, Revocations: list, Age: age}, changed, nil
}

// feedCursor is a place in the log of one process, and the time up to which that process knew all; a place in another's log is found by the time.
type feedCursor struct {
	process string
	index   int
	time    time.Time
}

// String is the text of the cursor.
func (c feedCursor) String() string {
	return fmt.Sprintf("%s-%d-%d", c.process, c.index, c.time.UnixMilli())
}

func parseCursor(text string) (feedCursor, bool) {
	process, rest, _ := strings.Cut(text, "-")
	index, millis, _ := strings.Cut(rest, "-")
	i, err := strconv.Atoi(index)
	ms, err2 := strconv.ParseInt(millis, 10, 64)
	if err != nil || err2 != nil || i < 0 || len(process) != 2*processBytes {
		return feedCursor{}, false
	}
	return feedCursor{process, i, time.UnixMilli(ms)}, true
}

const processBytes = 8

// revocationFeed is what this process knows to be revoked: a set that tokens are held against, and the order in which it learned. Entries live one
// access-token life. Concurrent use is safe.
type revocationFeed struct {
	set     token.Revocations
	process string        // names this process in cursors
	stopped chan struct{} // closed when Run ends: those who wait must go

	mu      sync.Mutex
	log     []learned
	dropped int           // how many have gone from the front of the log
	changed chan struct{} // closed when the log grows
}

type learned struct {
	Revocation
	at time.Time
}

func newRevocationFeed() *revocationFeed {
	return &revocationFeed{process: hex.EncodeToString(secret.Bytes(processBytes)), stopped: make(chan struct{}), changed: make(chan struct{})}
}

// add takes revocations into force, and tells those who follow.
func (f *revocationFeed) add(now time.Time, list ...Revocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	added := f.set.Add(list...)
	if len(added) == 0 {
		return
	}
	for _, r := range added {
		f.log = append(f.log, learned{r, now})
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// since lists what was learned after a cursor, answers the cursor of the end, and a channel that is closed when there is more.
func (f *revocationFeed) since(c feedCursor) ([]Revocation, feedCursor, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Revocation{}
	for i, x := range f.log {
		known := x.at.Before(c.time)
		if c.process == f.process {
			known = f.dropped+i < c.index
		}
		if !known {
			list = append(list, x.Revocation)
		}
	}
	return list, feedCursor{process: f.process, index: f.dropped + len(f.log)}, f.changed
}

// forget drops what no living token can be older than.
func (f *revocationFeed) forget(before time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Forget(before)
	n := 0
	for n < len(f.log) && f.log[n].NotBefore.Before(before) {
		n++
	}
	f.dropped += n
	f.log = append([]learned(nil), f.log[n:]...)
}

// size is how many revocations are in force, and how many there were since the start.
func (f *revocationFeed) size() (inForce int, learned uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set.Len(), uint64(f.dropped + len(f.log))
}

// stop lets those go who wait.
func (f *revocationFeed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.stopped:
	default:
		close(f.stopped)
	}
}
