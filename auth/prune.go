package auth

import "context"

// Prune deletes what is over: sessions and events past their retention, revocations that no living token is older than, idle counters.
// It answers how many rows went. Service.Run does it by itself.
func (s *Service) Prune(ctx context.Context) (int, error) {
	now := s.now()
	n, err := s.store.Prune(ctx, Horizon{Now: now, Sessions: now.Add(-s.policy.SessionRetention)})
	if err != nil {
		return n, wrap("prune", err)
	}
	events, err := s.store.PruneEvents(ctx, now.Add(-s.policy.EventRetention), s.chain.mark)
	return n + events, wrap("prune events", err)
}
