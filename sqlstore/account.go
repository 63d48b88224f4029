package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const changeAccount = `
UPDATE users
SET username = COALESCE($1, username), email = COALESCE($2, email), email_key = COALESCE($3, email_key), first_name = COALESCE($4, first_name),
	last_name = COALESCE($5, last_name), is_active = COALESCE($6, is_active), awaits_activation = COALESCE($7, awaits_activation),
	verified_at = COALESCE($8, verified_at), is_staff = COALESCE($9, is_staff), is_superuser = COALESCE($10, is_superuser)
WHERE id = $11
RETURNING ` + userColumns

// ChangeAccount implements auth.AccountStore.
func (s *Store) ChangeAccount(ctx context.Context, change auth.AccountChange, event auth.Event, mails ...auth.OutboxMail) (auth.User, error) {
	var user auth.User
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := use(ctx, tx, change.UserID, change.Use, change.At); err != nil {
			return err
		}
		n, err := tx.Run(ctx, func(r Row) { user = userAt(r, 0) }, changeAccount, changeArgs(change)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return auth.ErrNotFound
		}
		if err := s.follow(ctx, tx, change); err != nil {
			return err
		}
		if err := queue(ctx, tx, mails); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if errors.Is(err, ErrDuplicate) {
		return auth.User{}, auth.ErrUsernameTaken
	}
	if err != nil {
		return auth.User{}, fmt.Errorf("change account: %w", err)
	}
	return user, nil
}

func changeArgs(c auth.AccountChange) []any {
	var emailKey any
	if c.Email != nil {
		emailKey = text(auth.EmailKey(*c.Email))
	}
	return []any{
		pointed(c.Username, text), pointed(c.Email, text), emailKey, pointed(c.FirstName, text), pointed(c.LastName, text),
		pointed(c.IsActive, same), pointed(c.AwaitsActivation, same), millisOrNull(c.VerifiedAt),
		pointed(c.IsStaff, same), pointed(c.IsSuperuser, same), text(string(c.UserID)),
	}
}

// pointed is what a pointer points to as it is stored, and NULL for none.
func pointed[T any](p *T, stored func(T) T) any {
	if p == nil {
		return nil
	}
	return stored(*p)
}

func same(b bool) bool { return b }

// follow does what a change of an account brings with it.
func (s *Store) follow(ctx context.Context, tx Tx, change auth.AccountChange) error {
	if change.StatusChange() {
		if err := dropTokens(ctx, tx, change.UserID); err != nil {
			return err
		}
	}
	if change.RevokeAccess != "" {
		r := auth.Revocation{Kind: auth.RevokedUser, Subject: string(change.UserID), NotBefore: change.At, Reason: string(change.RevokeAccess)}
		if err := revoke(ctx, tx, r, change.At); err != nil {
			return err
		}
	}
	if change.EndSessions == "" {
		return nil
	}
	ended, err := endAll(ctx, tx, change.UserID, change.Keep, change.EndSessions, change.At)
	if err != nil {
		return err
	}
	return revokeSessions(ctx, tx, ended, change.EndSessions, change.At)
}

const deleteUser = `DELETE FROM users WHERE id = $1`

// DeleteUser implements auth.AccountStore. The sessions go with the user's row.
func (s *Store) DeleteUser(ctx context.Context, id auth.UserID, at time.Time, event auth.Event) error {
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, deleteUser, text(string(id)))
		if err != nil {
			return err
		}
		if n == 0 {
			return auth.ErrNotFound
		}
		if err := dropTokens(ctx, tx, id); err != nil {
			return err
		}
		gone := auth.Revocation{Kind: auth.RevokedUser, Subject: string(id), NotBefore: at, Reason: string(auth.EndedByDelete)}
		if err := revoke(ctx, tx, gone, at); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}
