package auth

import (
	"context"
	"crypto/sha256"

	"github.com/cartouche-auth/cartouche/secret"
)

// useForeignLink prepares the use of a token that another system mailed to a user who was imported from it.
//
// Such tokens have no purpose, live for days, and outlast each other. Here each is used once, dies with everything else that the other system gave when the
// user's password is changed or all his sessions end, and never brings an account back that somebody disabled (the reactivation attack).
func (s *Service) useForeignLink(ctx context.Context, user User, purpose Purpose, text secret.Text) (TokenUse, error) {
	if s.links == nil || purpose == PurposeActivation && !user.AwaitsActivation {
		return TokenUse{}, ErrOneTimeToken
	}
	expiresAt, ok := s.links.CheckLink(user, text, s.now())
	if !ok {
		return TokenUse{}, ErrOneTimeToken
	}
	hash := foreignLinkHash(user.ID, text)
	open, err := s.store.ImportOpen(ctx, user.ID)
	if err != nil {
		return TokenUse{}, badToken(err)
	}
	if _, err := s.store.ImportedToken(ctx, ImportedLink, hash); !open || err == nil {
		return TokenUse{}, ErrOneTimeToken // used up
	}
	return TokenUse{Purpose: purpose, Hash: hash, ForeignUntil: expiresAt}, nil
}

// foreignLinkHash names a used link. Two users' tokens can have the same text only by accident; their ids keep them apart all the same.
func foreignLinkHash(user UserID, text secret.Text) [32]byte {
	return sha256.Sum256([]byte(string(user) + "\x00" + text.Reveal()))
}
