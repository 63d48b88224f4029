package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/cartouche-auth/cartouche/secret"
)

// OpaqueTokenStore is what [Store] promises about opaque tokens. One is stored with its session, by CreateSession, as the hash that Session.Opaque has.
type OpaqueTokenStore interface {
	// OpaqueSession finds the session of an opaque token with its user in one read, or answers ErrNotFound.
	OpaqueSession(ctx context.Context, hash [32]byte) (Session, User, error)
}

const opaqueBytes = 20 // 40 hexadecimal digits, as Django REST framework's keys have

// LoginOpaque signs in like [Service.Login], for front ends that keep one opaque token: a session of its own for each device, for as long as a session may
// last at all. Errors: those of Login.
func (s *Service) LoginOpaque(ctx context.Context, client Client, login Login) (secret.Text, error) {
	user, err := s.checkLogin(ctx, client, login)
	if err != nil {
		return secret.Text{}, err
	}
	text := hex.EncodeToString(secret.Bytes(opaqueBytes))
	session := s.newSession(user, client, "token", true)
	session.IdleExpiresAt, session.IdleLifetime = session.AbsoluteExpiresAt, session.AbsoluteExpiresAt.Sub(session.CreatedAt)
	session.Opaque = sha256.Sum256([]byte(text))
	if _, err := s.open(ctx, client, user, session); err != nil {
		return secret.Text{}, err
	}
	return secret.NewText(text), nil
}

// IsOpaque reports whether a text has the shape of an opaque token.
func IsOpaque(text secret.Text) bool {
	t := text.Reveal()
	if len(t) != 2*opaqueBytes { // nearly always: a JWT
		return false
	}
	raw, err := hex.DecodeString(t)
	return err == nil && hex.EncodeToString(raw) == t
}

// AuthenticateOpaque tells who presents an opaque token, by one look at the store. Errors: ErrTokenInvalid (also when its session has ended, as the Django
// peer has it), ErrUserInactive, ErrUnavailable.
func (s *Service) AuthenticateOpaque(ctx context.Context, text secret.Text) (Principal, error) {
	session, user, err := s.store.OpaqueSession(ctx, sha256.Sum256([]byte(text.Reveal())))
	switch {
	case errors.Is(err, ErrNotFound):
		return Principal{}, ErrTokenInvalid
	case err != nil:
		return Principal{}, wrap("find opaque token", err)
	case !user.IsActive:
		return Principal{}, ErrUserInactive
	case !session.Live(s.now()):
		return Principal{}, ErrTokenInvalid
	}
	return Principal{UserID: user.ID, SessionID: session.ID, IssuedAt: session.CreatedAt, ExpiresAt: session.AbsoluteExpiresAt}, nil
}
