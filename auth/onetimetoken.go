package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/secret"
)

// Purpose says what a one-time token is good for. A token of one purpose is nothing to another.
type Purpose string

// The purposes of one-time tokens.
const (
	PurposeActivation      Purpose = "activation"
	PurposePasswordReset   Purpose = "password_reset"
	PurposeIdentifierReset Purpose = "identifier_reset"
)

// OneTimeToken is a token that travels in a mail. The store has its hash only.
type OneTimeToken struct {
	UserID               UserID
	Purpose              Purpose
	Hash                 [32]byte // SHA-256 of the text: it has 256 random bits, so nothing slower is needed
	CreatedAt, ExpiresAt time.Time
}

// TokenUse is the wish to use a one-time token up together with a change. The zero TokenUse wishes nothing.
type TokenUse struct {
	Purpose Purpose
	Hash    [32]byte
	// ForeignUntil, when not zero, says that another system mailed the token and when it expires. Then it is not in the store until it has been used.
	ForeignUntil time.Time
}

// OneTimeTokenStore is what [Store] promises about one-time tokens. They are issued with the mail that carries them (see [OutboxMail]) and used up with
// the change that they allow, in the same transaction. A change of a user's password, address or state deletes his tokens.
type OneTimeTokenStore interface {
	// OneTimeToken finds the newest token of a user and a purpose, or answers ErrNotFound. It may have expired.
	OneTimeToken(ctx context.Context, user UserID, purpose Purpose) (OneTimeToken, error)
}

const oneTimeTokenBytes = 32

// newOneTimeToken makes a token and the text for the mail.
func (s *Service) newOneTimeToken(user UserID, purpose Purpose, now time.Time) (OneTimeToken, secret.Text) {
	text := base64.RawURLEncoding.EncodeToString(secret.Bytes(oneTimeTokenBytes))
	life := s.policy.ResetLifetime
	if purpose == PurposeActivation {
		life = s.policy.ActivationLifetime
	}
	return OneTimeToken{UserID: user, Purpose: purpose, Hash: sha256.Sum256([]byte(text)), CreatedAt: now, ExpiresAt: now.Add(life)}, secret.NewText(text)
}

// UIDOf names a user in a link as Django does: the id in base64url without padding.
func UIDOf(id UserID) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// ParseUID reads what [UIDOf] wrote. False: it is nobody's.
func ParseUID(text string) (UserID, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || len(raw) > 64 || !utf8.Valid(raw) || UIDOf(UserID(raw)) != text {
		return "", false
	}
	return UserID(raw), true
}

// CheckOneTimeToken tells whether a link would work, for the page behind it; it changes nothing. Errors: ErrUnknownUID, ErrOneTimeToken, ErrUnavailable.
func (s *Service) CheckOneTimeToken(ctx context.Context, purpose Purpose, uid string, text secret.Text) error {
	_, _, err := s.useOneTimeToken(ctx, purpose, uid, text)
	return err
}

// useOneTimeToken finds whom a link is for and prepares the use of its token. The store decides in the end whether it can still be used.
func (s *Service) useOneTimeToken(ctx context.Context, purpose Purpose, uid string, text secret.Text) (User, TokenUse, error) {
	id, ok := ParseUID(uid)
	if !ok {
		return User{}, TokenUse{}, ErrUnknownUID
	}
	user, err := s.store.User(ctx, id)
	if err != nil {
		return User{}, TokenUse{}, unknownUID(err)
	}
	use := TokenUse{Purpose: purpose, Hash: sha256.Sum256([]byte(text.Reveal()))}
	kept, err := s.store.OneTimeToken(ctx, user.ID, purpose)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return User{}, TokenUse{}, badToken(err)
	case err != nil, !secret.Equal(kept.Hash[:], use.Hash[:]), !s.now().Before(kept.ExpiresAt):
		use, err := s.useForeignLink(ctx, user, purpose, text)
		return user, use, err
	}
	return user, use, nil
}
