package auth

import "context"

// TendKeys does what Run does every half a minute.
func (s *Service) TendKeys(ctx context.Context) error { return s.tendKeys(ctx) }
