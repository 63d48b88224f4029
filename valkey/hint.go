package valkey

import (
	"context"
	"errors"
	"fmt"

	client "github.com/valkey-io/valkey-go"
)

// Notify tells other processes that there are revocations to be looked for. It does not wait, and the message may be lost: it is empty, says "look", and
// never what is to be seen.
func (s *Server) Notify() { signal(s.wake) }

// signal leaves word for a goroutine; word that is still waiting there says the same.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// announce sends off the path of requests, several in one, and at the end what is still waiting: a command that revokes and exits is heard.
func (s *Server) announce() {
	for {
		select {
		case <-s.wake:
			s.publish()
		case <-s.life.Done():
			select {
			case <-s.wake:
				s.publish()
			default:
			}
			return
		}
	}
}

// publish is best effort: who does not hear it finds the news at the next look.
func (s *Server) publish() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.life), patience)
	defer cancel()
	_ = s.client.Do(ctx, s.client.B().Publish().Channel(channel).Message("").Build()).Error()
}

// AwaitRevocation implements auth.Hints. The line is opened when somebody waits for the first time, and again after trouble.
func (s *Server) AwaitRevocation(ctx context.Context) error {
	broken := s.listening()
	select {
	case <-s.news:
		return nil
	case err := <-broken:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.broken = nil
		return fmt.Errorf("await revocation: %w", unavailable(err))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listening answers where the end of the line will be told, and opens the line if there is none.
func (s *Server) listening() <-chan error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		broken := make(chan error, 1)
		s.broken = broken
		s.work.Go(func() { broken <- s.listen() })
	}
	return s.broken
}

// listen hears messages until the line breaks. That it is open is news too: what came before is to be looked for.
func (s *Server) listen() error {
	opened := client.WithOnSubscriptionHook(s.life, func(client.PubSubSubscription) { signal(s.news) })
	err := s.client.Receive(opened, s.client.B().Subscribe().Channel(channel).Build(), func(client.PubSubMessage) { signal(s.news) })
	if err == nil || s.life.Err() != nil {
		err = errors.New("the connection is closed")
	}
	return err
}
