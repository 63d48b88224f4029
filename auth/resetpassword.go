package auth

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/secret"
)

// ConfirmPasswordReset gives the account of a mailed link a new password. Every session of the user ends, and nobody is signed in by it. The account stays
// inactive if it is. Errors: ErrUnknownUID, ErrOneTimeToken, *InputError (field new_password), password.ErrBusy, ErrUnavailable.
func (s *Service) ConfirmPasswordReset(ctx context.Context, client Client, uid string, token, next secret.Text) error {
	return s.passwordByLink(ctx, client, link{PurposePasswordReset, uid, token}, next)
}

// link is what a mailed link brings.
type link struct {
	purpose Purpose
	uid     string
	token   secret.Text
}

// passwordByLink gives the account of a link a new password.
func (s *Service) passwordByLink(ctx context.Context, client Client, l link, next secret.Text) error {
	for range passwordTries {
		user, use, err := s.useOneTimeToken(ctx, l.purpose, l.uid, l.token)
		if err != nil {
			return err
		}
		done, err := s.changePassword(ctx, client, user, passwordWish{next: next, field: "new_password", use: use, activates: l.purpose == PurposeActivation})
		if err != nil || done {
			return badToken(err)
		}
	}
	return fmt.Errorf("password changed %d times in a row: %w", passwordTries, ErrUnavailable)
}
