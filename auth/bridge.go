package auth

import (
	"context"
	"fmt"
)

// Bridge opens a further session for a user who is already signed in, such as the classic session that a page opens beside
// its tokens. Errors: those of Authenticate's live check, ErrUnavailable.
func (s *Service) Bridge(ctx context.Context, client Client, principal Principal, remember bool) (Grant, error) {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return Grant{}, err
	}
	g, err := s.open(ctx, client, user, s.newSession(user, client, methodBridge, remember))
	if err != nil {
		return Grant{}, fmt.Errorf("bridge: %w", err)
	}
	return g, nil
}
