package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"math"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

const (
	sealPoll  = time.Second
	sealBatch = 512
	// lastSeal bounds the last pass of a service that stops.
	lastSeal = 5 * time.Second
)

// SealEvents seals the events that nobody has sealed yet: it gives them their place in a chain of HMACs, under a key that is not in the store, so that who
// changes the store by hand cannot do it unseen. It answers how many there were. [Service.Run] does it once a second, beside the requests and not within.
func (s *Service) SealEvents(ctx context.Context) (int, error) {
	if waiting, err := s.store.UnsealedEvents(ctx, math.MinInt64, 1); err != nil || len(waiting) == 0 { // nearly always: a look and no write
		return 0, wrap("seal events", err)
	}
	if err := s.checkMaster(ctx); err != nil {
		return 0, err
	}
	for total := 0; ; {
		n, err := s.store.SealEvents(ctx, sealBatch, s.chain.seal)
		total += n
		if err != nil || n < sealBatch {
			return total, wrap("seal events", err)
		}
	}
}

// checkMaster refuses to seal under a master key that is not the one of the store: what a command with the wrong file left would look like an attack.
func (s *Service) checkMaster(ctx context.Context) error {
	if s.keys.load() != nil {
		return nil // they were opened with it, or there are none
	}
	keys, err := s.store.SigningKeys(ctx)
	if err != nil {
		return wrap("read signing keys", err)
	}
	for _, k := range keys {
		if len(k.Sealed) == 0 {
			continue
		}
		if _, err := token.OpenKey(s.master, k.ID, token.Algorithm(k.Algorithm), k.Sealed); err != nil {
			return errors.Join(ErrKeysSealed, err)
		}
	}
	return nil
}

func (s *Service) sealAll(ctx context.Context) error {
	_, err := s.SealEvents(ctx)
	return err
}

// sealLast seals what was recorded up to the end of a service that has been told to stop.
func (s *Service) sealLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
	defer cancel()
	if err := s.sealAll(ctx); err != nil {
		s.log.WarnContext(ctx, "events will be sealed after the next start", "error", err)
	}
}

// chainKeys make and check the hashes of the chain. The first key makes them; any may have made those that are there.
type chainKeys []secret.Child

func newChainKeys(master secret.Master) chainKeys { return master.Children("audit-chain") }

// seal is the rule of [ChainStore.SealEvents]. A head that was not made here was put there by hand, and sealing behind it would make it look genuine.
// Then a position is left out: the break shows for as long as the events are kept, and the trail goes on behind it.
func (k chainKeys) seal(head Mark, last int64, events []SealedEvent) ([]Link, Mark) {
	at := head.Link
	if last > head.Position || !k.genuine(head) {
		at.Position = max(last, head.Position) + 1
	}
	links := make([]Link, len(events))
	for i, e := range events {
		at = Link{Position: at.Position + 1, Hash: eventMAC(k[0].Key, at.Hash, at.Position+1, e)}
		links[i] = at
	}
	return links, k.mark(at)
}

// fits reports whether an event is what was sealed at a place, behind the given hash.
func (k chainKeys) fits(previous Hash, at Link, e SealedEvent) bool {
	for _, key := range k {
		if mac := eventMAC(key.Key, previous, at.Position, e); secret.Equal(mac[:], at.Hash[:]) {
			return true
		}
	}
	return false
}

// mark vouches for a link that stands apart from the events.
func (k chainKeys) mark(at Link) Mark { return Mark{Link: at, MAC: markMAC(k[0].Key, at)} }

// genuine reports whether a mark was made by mark. Before anything is sealed or pruned there is none.
func (k chainKeys) genuine(m Mark) bool {
	if m == (Mark{}) {
		return true
	}
	for _, key := range k {
		if mac := markMAC(key.Key, m.Link); secret.Equal(mac[:], m.MAC[:]) {
			return true
		}
	}
	return false
}

// What a MAC is about stands first in it, with a number for the form of the rest, so that none can stand in for another.
const (
	aboutEvent = "event 1"
	aboutMark  = "mark 1"
)

// eventMAC is the hash of an event at a position, behind a hash. Every text has its length before it, so that no two events look the same (field shifting).
func eventMAC(key []byte, previous Hash, position int64, e SealedEvent) Hash {
	m := macWriter{hmac.New(sha256.New, key)}
	m.text(aboutEvent)
	m.Write(previous[:])
	m.number(position)
	m.number(e.Seq)
	m.number(e.At.UnixMilli())
	m.Write(e.SessionID[:])
	for _, text := range []string{
		string(e.Kind), string(e.Actor), string(e.UserID), e.Detail, e.Client.Address, e.Client.UserAgent, e.Client.RequestID,
	} {
		m.text(text)
	}
	return Hash(m.Sum(nil))
}

func markMAC(key []byte, at Link) Hash {
	m := macWriter{hmac.New(sha256.New, key)}
	m.text(aboutMark)
	m.number(at.Position)
	m.Write(at.Hash[:])
	return Hash(m.Sum(nil))
}

// macWriter writes what a MAC is of. A hash takes everything, so there are no errors.
type macWriter struct{ hash.Hash }

func (m macWriter) number(n int64) { m.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func (m macWriter) text(s string) {
	m.number(int64(len(s)))
	m.Write([]byte(s))
}
