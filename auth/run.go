package auth

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// How often a node asks what others have revoked, rotated or queued, and tidies up.
const (
	revocationPoll    = time.Second
	hintPause         = 5 * time.Second  // between tries to mend the line of hints
	revocationOverlap = 10 * time.Second // a transaction may commit this much later than its clock says
	keyPoll           = 30 * time.Second
	prunePoll         = 10 * time.Minute
	mailPoll          = time.Second
)

// Run does what a service does by itself until ctx ends: it learns what other nodes revoked, rotates signing keys, deletes what is over, seals events, and
// delivers mail. It returns when everything has stopped; the error is ctx's. Trouble with the store is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	if err := s.Start(ctx); err != nil {
		s.log.ErrorContext(ctx, "signing keys are not ready", "error", err)
	}
	defer s.sealLast(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	// Each kind of work has its own goroutine: a mail server that hangs must not keep a sign-out from being learned.
	hint := make(chan struct{}, 1)
	all.Go(func() { s.hear(ctx, s.store, hint) })
	if s.hints != nil {
		all.Go(func() { s.hear(ctx, s.hints, hint) })
	}
	all.Go(func() { s.every(ctx, revocationPoll, hint, s.pollRevocations) })
	all.Go(func() { s.every(ctx, keyPoll, nil, s.tendKeys) })
	all.Go(func() { s.every(ctx, sealPoll, nil, s.sealAll) })
	all.Go(func() { s.every(ctx, prunePoll, nil, s.pruneAll) })
	if s.mailer != nil {
		all.Go(func() { s.every(ctx, mailPoll, s.mailQueued, s.sendAll) })
	}
	<-ctx.Done()
	s.revocations.stop()
	return ctx.Err()
}

// every does work now and then, and when it is woken.
func (s *Service) every(ctx context.Context, pause time.Duration, wake <-chan struct{}, work func(context.Context) error) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-wake:
		}
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "background work will be tried again", "error", err)
		}
	}
}

func (s *Service) pruneAll(ctx context.Context) error {
	_, err := s.Prune(ctx)
	return err
}

// sendAll empties the outbox of what is due.
func (s *Service) sendAll(ctx context.Context) error {
	for {
		if n, err := s.SendMails(ctx); err != nil || n < mailBatch {
			return err
		}
	}
}

// Start readies signing keys and revocations, so that the first request need not. Calling it is optional.
func (s *Service) Start(ctx context.Context) error {
	if err := s.pollRevocations(ctx); err != nil {
		return err
	}
	return s.ready(ctx)
}

// Ready reports whether the service can answer: the store takes writes and a signing key is at hand.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	return s.ready(ctx)
}

// revocationHorizon is how long a revocation is in force: one access-token life, and what clocks may be apart.
func (s *Service) revocationHorizon() time.Duration { return s.policy.AccessLifetime + time.Minute }

// hear passes hints on until ctx ends. Without them a revocation is learned at the next poll.
func (s *Service) hear(ctx context.Context, line Hints, hint chan<- struct{}) {
	for deaf := false; ctx.Err() == nil; {
		if err := line.AwaitRevocation(ctx); err != nil {
			if !deaf && ctx.Err() == nil {
				s.log.WarnContext(ctx, "revocations of other nodes arrive with a second's delay", "error", err)
			}
			deaf = true
			pause(ctx, hintPause)
			continue
		}
		deaf = false
		select {
		case hint <- struct{}{}:
		default:
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pollRevocations learns what other nodes revoked.
func (s *Service) pollRevocations(ctx context.Context) error {
	now, horizon := s.now(), s.revocationHorizon()
	after := now.Add(-horizon)
	if last := s.polledAt.Load(); last > 0 {
		after = time.UnixMilli(last).Add(-revocationOverlap)
	}
	list, err := s.store.Revocations(ctx, after)
	if err != nil {
		return fmt.Errorf("poll revocations: %w", err)
	}
	s.revocations.add(now, list...)
	s.revocations.forget(now.Add(-horizon))
	s.polledAt.Store(now.UnixMilli())
	return nil
}
