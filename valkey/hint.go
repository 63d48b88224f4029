package valkey

import (
	"context"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
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
	_, _ = s.do(context.WithoutCancel(s.life), "PUBLISH", channel, "")
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

// heartbeat is how often a line without news is tried: one that is cut somewhere on its way looks the same as one on which nothing happens.
const heartbeat = time.Second

// listen hears messages until the line breaks. That it is open is news too: what came before is to be looked for.
func (s *Server) listen() error {
	conn, err := s.dial(s.life)
	if err != nil {
		return err
	}
	life, end := context.WithCancel(s.life)
	defer end()
	context.AfterFunc(life, func() { _ = conn.Close() }) // which ends the wait for the next message
	line := redis.PubSubConn{Conn: conn}
	if err := line.Subscribe(channel); err != nil {
		return err
	}
	s.work.Go(func() { beat(life, line) })
	for {
		switch heard := line.ReceiveWithTimeout(heartbeat + patience).(type) {
		case error:
			return heard
		case redis.Subscription, redis.Message:
			signal(s.news)
		}
	}
}

// beat asks for signs of life. What goes wrong, the listener hears of.
func beat(life context.Context, line redis.PubSubConn) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = line.Ping("")
		case <-life.Done():
			return
		}
	}
}
