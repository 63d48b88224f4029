package mail

import (
	"context"
	"slices"
	"sync"
)

const maxKept = 200

// Memory is a [Transport] that keeps the last 200 messages, for tests and for pages that show them to a developer. The zero Memory is empty and
// ready. Many goroutines may use it at once; it must not be copied.
type Memory struct {
	mutex   sync.Mutex
	kept    []Message
	next    int           // index in kept of what Next gives
	arrived chan struct{} // closed by the next delivery, nil if nobody waits
}

// Deliver keeps a message. It never fails.
func (m *Memory) Deliver(_ context.Context, message Message) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.kept = append(m.kept, message)
	if excess := len(m.kept) - maxKept; excess > 0 {
		m.kept = slices.Delete(m.kept, 0, excess)
		m.next = max(0, m.next-excess)
	}
	if m.arrived != nil {
		close(m.arrived)
		m.arrived = nil
	}
	return nil
}

// All gives the messages that are kept, the oldest first.
func (m *Memory) All() []Message {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.kept)
}

// Next gives the messages one after the other, each once, and waits for one that has not come yet. Error: the context's.
func (m *Memory) Next(ctx context.Context) (Message, error) {
	for {
		message, arrived := m.take()
		if arrived == nil {
			return message, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// take gives the next message, or what to wait for.
func (m *Memory) take() (Message, <-chan struct{}) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.next < len(m.kept) {
		m.next++
		return m.kept[m.next-1], nil
	}
	if m.arrived == nil {
		m.arrived = make(chan struct{})
	}
	return Message{}, m.arrived
}
