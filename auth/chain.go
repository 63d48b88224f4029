package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Hash is an HMAC-SHA-256.
type Hash [32]byte

// String is the hash in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Link is a place in the chain of sealed events: the hash there depends on every event up to it. The zero Link is the place before the first.
type Link struct {
	Position int64
	Hash     Hash
}

// String is the link as people note it down: HASH@POSITION.
func (l Link) String() string { return fmt.Sprintf("%s@%d", l.Hash, l.Position) }

// ParseLink reads what [Link.String] wrote.
func ParseLink(text string) (Link, error) {
	digits, number, _ := strings.Cut(text, "@")
	hash, err := hex.DecodeString(digits)
	position, err2 := strconv.ParseInt(number, 10, 64)
	if err != nil || err2 != nil || len(hash) != len(Hash{}) || position < 0 {
		return Link{}, errors.New("must be HASH@POSITION: 64 hexadecimal digits and a number")
	}
	return Link{Position: position, Hash: Hash(hash)}, nil
}

// Mark is a link that is kept apart from the events, under a MAC of its own, so that nobody without the master key can move it.
type Mark struct {
	Link
	MAC Hash
}

// Chain says where the chain begins and ends.
type Chain struct {
	Anchor Mark // the last event that was pruned; zero: none was
	Head   Mark // the last event that was sealed
}

// SealedEvent is an event as it is kept.
type SealedEvent struct {
	Event
	Seq  int64 // counts events in about the order in which they were recorded
	Link       // zero: not sealed yet
}

// ChainStore is what [Store] promises about the chain. Nothing but SealEvents ever changes an event, and nothing but PruneEvents deletes one.
type ChainStore interface {
	// SealEvents hands the head of the chain, the highest position that any event has, and the oldest events that are not sealed to seal, while no other
	// process can do the same. It stores the links that seal answers, one for each event, and the new head, and answers how many there were. No event, no call of seal.
	SealEvents(ctx context.Context, limit int, seal func(head Mark, last int64, events []SealedEvent) ([]Link, Mark)) (int, error)
	// Chain answers where the chain begins and ends.
	Chain(ctx context.Context) (Chain, error)
	// SealedEvents lists events whose position is after the given one, in the order of the chain.
	SealedEvents(ctx context.Context, after int64, limit int) ([]SealedEvent, error)
	// UnsealedEvents lists events that are not sealed and whose Seq is after the given one, in that order.
	UnsealedEvents(ctx context.Context, after int64, limit int) ([]SealedEvent, error)
	// PruneEvents deletes sealed events from the beginning of the chain up to the first that is not older than before. What mark makes of the last of them
	// becomes the anchor in the same transaction. It answers how many went.
	PruneEvents(ctx context.Context, before time.Time, mark func(Link) Mark) (int, error)
}
