package auth

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Verdict is what a walk along the chain of events found.
type Verdict struct {
	Count       int64 // events that were sealed and are as they were
	First, Last int64 // their positions; zero: none
	Head        Link  // where the walk ended
	Unsealed    int   // events that are not sealed yet
	Break       *Break
}

// Break is the first place at which the chain is not as it was made.
type Break struct {
	Kind     BreakKind
	Position int64  // where; zero: at no position
	Detail   string // more about it, for people
}

// BreakKind says what is wrong with the chain.
type BreakKind string

// What can be wrong with the chain.
const (
	BreakChanged    BreakKind = "changed"      // an event is not what was sealed
	BreakMissing    BreakKind = "missing"      // an event is gone
	BreakOutOfOrder BreakKind = "out of order" // an event stands at the place of another
	BreakUnsealed   BreakKind = "unsealed"     // an event has not been sealed for too long
	BreakMark       BreakKind = "forged mark"  // the beginning or the end was not written by this service
	BreakHead       BreakKind = "other head"   // the chain is not the one that was noted elsewhere
)

const (
	verifyPage = 500
	// sealPatience is how long an event may wait for its seal.
	sealPatience = time.Minute
)

// VerifyEvents walks along the chain and answers what it found; the first break ends the walk. A head that was noted elsewhere finds what the store alone cannot
// show: that the newest events were cut off together with the mark that tells of them. Progress, if there is any, learns the position of each page.
func (s *Service) VerifyEvents(ctx context.Context, noted *Link, progress func(position, of int64)) (Verdict, error) {
	w := walk{store: s.store, keys: s.chain, noted: noted, progress: progress, patience: s.now().Add(-sealPatience)}
	if err := w.run(ctx); err != nil {
		return Verdict{}, wrap("verify events", err)
	}
	w.Head = w.at
	return w.Verdict, nil
}

// walk is a verification under way.
type walk struct {
	Verdict
	store    ChainStore
	keys     chainKeys
	noted    *Link
	progress func(position, of int64)
	patience time.Time
	at       Link // everything up to here is right
}

func (w *walk) run(ctx context.Context) error {
	chain, err := w.store.Chain(ctx)
	if err != nil || !w.begin(chain.Anchor) {
		return err
	}
	first, err := w.store.SealedEvents(ctx, math.MinInt64, 1)
	if err != nil {
		return err
	}
	if len(first) > 0 && first[0].Position <= chain.Anchor.Position { // where the walk would not look (the event put in before the first)
		w.broken(BreakChanged, first[0].Position, "event %d was put in: the chain begins at position %d", first[0].Seq, chain.Anchor.Position+1)
		return nil
	}
	for w.Break == nil {
		page, err := w.store.SealedEvents(ctx, w.at.Position, verifyPage)
		if err != nil {
			return err
		}
		more, err := w.page(ctx, page)
		if err != nil {
			return err
		}
		if !more {
			return w.end(ctx)
		}
		if w.progress != nil {
			w.progress(w.at.Position, max(chain.Head.Position, w.at.Position))
		}
	}
	return nil
}

func (w *walk) broken(kind BreakKind, position int64, detail string, args ...any) bool {
	w.Break = &Break{Kind: kind, Position: position, Detail: fmt.Sprintf(detail, args...)}
	return false
}

// begin takes the anchor as the beginning. A thief who has removed the oldest events would have to move it (the cut beginning).
func (w *walk) begin(anchor Mark) bool {
	if !w.keys.genuine(anchor) {
		return w.broken(BreakMark, anchor.Position, "the mark of what was pruned was not written by this service, or under a master key that is not in use any more")
	}
	before := w.at.Position
	w.at = anchor.Link
	if w.noted != nil && w.noted.Position > before && w.noted.Position < anchor.Position {
		return w.broken(BreakHead, w.noted.Position, "the events up to position %d have been pruned since the head was noted: note a newer one", anchor.Position)
	}
	return w.compare()
}

// compare holds the place that the walk has come to against the head that was noted elsewhere (the replaced chain).
func (w *walk) compare() bool {
	if w.noted != nil && w.noted.Position == w.at.Position && *w.noted != w.at {
		return w.broken(BreakHead, w.at.Position, "the hash is %s, and another was noted", w.at.Hash)
	}
	return true
}

// page checks a page of events. False: it was the last, or there is a break.
func (w *walk) page(ctx context.Context, page []SealedEvent) (more bool, err error) {
	if len(page) == 0 {
		return w.grown(ctx)
	}
	for _, e := range page {
		if e.Position != w.at.Position+1 {
			return w.gap(ctx, e.Position)
		}
		if !w.keys.fits(w.at.Hash, e.Link, e) {
			return w.misfit(e, page), nil
		}
		w.at = e.Link
		if w.Count++; w.First == 0 {
			w.First = e.Position
		}
		if w.Last = e.Position; !w.compare() {
			return false, nil
		}
	}
	return true, nil
}

// gap is at a position that does not follow (the deleted event). Only what was pruned meanwhile may be missing.
func (w *walk) gap(ctx context.Context, found int64) (more bool, err error) {
	chain, err := w.store.Chain(ctx)
	if err != nil {
		return false, err
	}
	if chain.Anchor.Position > w.at.Position {
		return w.begin(chain.Anchor), nil
	}
	return w.broken(BreakMissing, w.at.Position+1, "the next event stands at position %d", found), nil
}

// misfit is at an event that is not what was sealed at its place: another event that is there too (the swap), or one that was changed or put in.
func (w *walk) misfit(e SealedEvent, page []SealedEvent) bool {
	for _, other := range page {
		if other.Position != e.Position && w.keys.fits(w.at.Hash, e.Link, other) {
			return w.broken(BreakOutOfOrder, e.Position, "the event of this position stands at position %d", other.Position)
		}
	}
	return w.broken(BreakChanged, e.Position,
		"event %d is not what was sealed here: it was changed or put in, or sealed under a master key that is not in use any more", e.Seq)
}

// grown asks whether the chain goes on behind the last page: events may have been sealed, or pruned, since it was read.
func (w *walk) grown(ctx context.Context) (more bool, err error) {
	chain, err := w.store.Chain(ctx)
	switch {
	case err != nil:
		return false, err
	case chain.Anchor.Position > w.at.Position:
		return w.begin(chain.Anchor), nil
	case !w.keys.genuine(chain.Head):
		return w.broken(BreakMark, chain.Head.Position, "the mark of the newest event was not written by this service, or under a master key that is not in use any more"), nil
	case chain.Head.Position < w.at.Position:
		return w.broken(BreakMark, w.at.Position, "the mark of the newest event stands at position %d", chain.Head.Position), nil
	case chain.Head.Position == w.at.Position && chain.Head.Link != w.at:
		return w.broken(BreakMark, w.at.Position, "the mark of the newest event has another hash"), nil
	case chain.Head.Position == w.at.Position:
		return false, nil
	}
	page, err := w.store.SealedEvents(ctx, w.at.Position, verifyPage)
	if err != nil || len(page) > 0 {
		return err == nil, err
	}
	return w.broken(BreakMissing, w.at.Position+1, "the newest event that was sealed stood at position %d (the end was cut off)", chain.Head.Position), nil
}

// end looks at what belongs to no position.
func (w *walk) end(ctx context.Context) error {
	if w.Break != nil {
		return nil
	}
	if w.noted != nil && w.noted.Position > w.at.Position {
		w.broken(BreakHead, w.noted.Position, "the chain ends at position %d: its end was cut off, or it is another chain", w.at.Position)
		return nil
	}
	for after := int64(math.MinInt64); ; {
		page, err := w.store.UnsealedEvents(ctx, after, verifyPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			after = e.Seq
			if w.Unsealed++; w.Break == nil && e.At.Before(w.patience) {
				w.broken(BreakUnsealed, 0, "event %d of %s is not sealed: no server runs, or none can", e.Seq, e.At.Format(time.RFC3339))
			}
		}
	}
}
