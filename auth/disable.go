package auth

import "context"

// Disable shuts a user out at once: sign-in is refused, every session ends and every access token is dead. ErrNotFound when there is no such user.
func (s *Service) Disable(ctx context.Context, client Client, id UserID) error {
	now := s.now()
	event := Event{Kind: EventUserDisabled, At: now, UserID: id, Client: client}
	if err := s.store.SetActive(ctx, id, false, now, event); err != nil {
		return wrap("disable user", err)
	}
	s.revocations.add(now, Revocation{Kind: RevokedUser, Subject: string(id), NotBefore: now, Reason: string(EndedByDisable)})
	return nil
}

// Enable lets a user sign in again. Sessions that were ended stay ended. ErrNotFound when there is no such user.
func (s *Service) Enable(ctx context.Context, client Client, id UserID) error {
	now := s.now()
	return wrap("enable user", s.store.SetActive(ctx, id, true, now, Event{Kind: EventUserEnabled, At: now, UserID: id, Client: client}))
}

// User finds a user by id. ErrNotFound when there is none.
func (s *Service) User(ctx context.Context, id UserID) (User, error) { return s.store.User(ctx, id) }

// FindUser finds a user by id or, failing that, by username. ErrNotFound when there is none.
func (s *Service) FindUser(ctx context.Context, text string) (User, error) {
	if user, err := s.store.User(ctx, UserID(text)); err == nil {
		return user, nil
	}
	return s.store.UserByUsername(ctx, NormalizeUsername(text))
}

// Users lists users in the order of their ids.
func (s *Service) Users(ctx context.Context, query UserQuery) ([]User, error) {
	return s.store.Users(ctx, query)
}
