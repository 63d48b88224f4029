package sqlstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const userColumns = `users.id, users.username, users.email, users.first_name, users.last_name, users.password_hash, users.is_active, users.is_staff,
	users.is_superuser, users.date_joined, users.last_login, users.verified_at, users.public_metadata, users.private_metadata,
	users.awaits_activation`

// afterUser is the column that follows userColumns where those come first.
const afterUser = 15

// userAt reads userColumns, the first of which is at the given column.
func userAt(r Row, c int) auth.User {
	return auth.User{
		ID: auth.UserID(r.Text(c)), Username: r.Text(c + 1), Email: r.Text(c + 2), FirstName: r.Text(c + 3), LastName: r.Text(c + 4),
		PasswordHash: r.Text(c + 5), IsActive: r.Bool(c + 6), IsStaff: r.Bool(c + 7), IsSuperuser: r.Bool(c + 8),
		DateJoined: timeAt(r, c+9), LastLogin: timeAt(r, c+10), VerifiedAt: timeAt(r, c+11),
		PublicMetadata: jsonAt(r, c+12), PrivateMetadata: jsonAt(r, c+13), AwaitsActivation: r.Bool(c + 14),
	}
}

const insertUser = `
INSERT INTO users (id, username, email, email_key, first_name, last_name, password_hash, is_active, is_staff, is_superuser,
	date_joined, last_login, verified_at, public_metadata, private_metadata, awaits_activation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (username) DO NOTHING`

// CreateUser implements auth.UserStore.
func (s *Store) CreateUser(ctx context.Context, user auth.User, event auth.Event, mails ...auth.OutboxMail) (auth.User, error) {
	wanted := user.ID
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		id, err := reserveID(ctx, tx, wanted)
		if err != nil {
			return err
		}
		user.ID = id
		n, err := tx.Run(ctx, nil, insertUser, userArgs(user)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return auth.ErrUsernameTaken
		}
		if event.UserID == "" {
			event.UserID = id
		}
		if err := queue(ctx, tx, addressed(mails, id)); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return auth.User{}, fmt.Errorf("create user: %w", err)
	}
	return user, nil
}

// userArgs are the arguments of insertUser.
func userArgs(u auth.User) []any {
	return []any{
		text(string(u.ID)), text(u.Username), text(u.Email), text(auth.EmailKey(u.Email)), text(u.FirstName), text(u.LastName), text(u.PasswordHash),
		u.IsActive, u.IsStaff, u.IsSuperuser, millis(u.DateJoined), millisOrNull(u.LastLogin), millisOrNull(u.VerifiedAt),
		text(string(u.PublicMetadata)), text(string(u.PrivateMetadata)), u.AwaitsActivation,
	}
}

// addressed are the mails of a user whose id was not known when they were worded.
func addressed(mails []auth.OutboxMail, id auth.UserID) []auth.OutboxMail {
	out := make([]auth.OutboxMail, len(mails))
	for i, m := range mails {
		m.UserID = id
		if m.Token != nil {
			token := *m.Token
			token.UserID = id
			m.Token = &token
		}
		out[i] = m
	}
	return out
}

const nextUserID = `UPDATE counters SET value = value + 1 WHERE name = 'user_id' RETURNING value`

const skipUserID = `UPDATE counters SET value = $1 WHERE name = 'user_id' AND value < $1`

// reserveID answers the id of a new user: the wanted one, or the next integer. An integer that is brought along, by an import, moves the
// counter past it, so that no id is ever used twice, even when its user has been deleted.
func reserveID(ctx context.Context, tx Tx, wanted auth.UserID) (auth.UserID, error) {
	if wanted == "" {
		var next int64
		_, err := tx.Run(ctx, func(r Row) { next = r.Int(0) }, nextUserID)
		return auth.UserID(strconv.FormatInt(next, 10)), err
	}
	number, err := strconv.ParseInt(string(wanted), 10, 64)
	if err != nil {
		return wanted, nil //nolint:nilerr // not an integer: nothing to skip
	}
	_, err = tx.Run(ctx, nil, skipUserID, number)
	return wanted, err
}

const selectUser = `SELECT ` + userColumns + ` FROM users WHERE id = $1`

// User implements auth.UserStore.
func (s *Store) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return s.oneUser(ctx, selectUser, string(id))
}

const selectUserByUsername = `SELECT ` + userColumns + ` FROM users WHERE username = $1`

// UserByUsername implements auth.UserStore.
func (s *Store) UserByUsername(ctx context.Context, username string) (auth.User, error) {
	return s.oneUser(ctx, selectUserByUsername, username)
}

func (s *Store) oneUser(ctx context.Context, sql, key string) (auth.User, error) {
	var user auth.User
	n, err := s.db.Read(ctx, func(r Row) { user = userAt(r, 0) }, sql, text(key))
	if err != nil {
		return auth.User{}, fmt.Errorf("find user: %w", err)
	}
	if n == 0 {
		return auth.User{}, auth.ErrNotFound
	}
	return user, nil
}

const selectUsersByEmail = `SELECT ` + userColumns + ` FROM users WHERE email_key = $1 ORDER BY is_active DESC, date_joined, id`

// UsersByEmail implements auth.UserStore. The empty key names nobody, so that an empty form finds no user without an address.
func (s *Store) UsersByEmail(ctx context.Context, emailKey string) ([]auth.User, error) {
	if emailKey == "" {
		return nil, nil
	}
	return s.manyUsers(ctx, selectUsersByEmail, text(emailKey))
}

// Ids of one kind have their order by length and then by bytes: integers by value, UUIDs by time.
const selectUsers = `SELECT ` + userColumns + ` FROM users WHERE (length(id), id) > (length($1), $1) ORDER BY length(id), id LIMIT $2`

const defaultPage = 100

// Users implements auth.UserStore.
func (s *Store) Users(ctx context.Context, query auth.UserQuery) ([]auth.User, error) {
	return s.manyUsers(ctx, selectUsers, text(string(query.After)), limitOf(query.Limit))
}

func limitOf(limit int) int64 {
	if limit <= 0 {
		return defaultPage
	}
	return int64(limit)
}

func (s *Store) manyUsers(ctx context.Context, sql string, args ...any) ([]auth.User, error) {
	var users []auth.User
	_, err := s.db.Read(ctx, func(r Row) { users = append(users, userAt(r, 0)) }, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

const updatePassword = `UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3` //nolint:gosec // a statement, not a password

// UpgradePassword implements auth.UserStore.
func (s *Store) UpgradePassword(ctx context.Context, id auth.UserID, oldHash, newHash string) (bool, error) {
	n, err := s.db.Write(ctx, nil, updatePassword, newHash, text(string(id)), oldHash)
	if err != nil {
		return false, fmt.Errorf("upgrade password: %w", err)
	}
	return n > 0, nil
}

// SetPassword implements auth.UserStore.
func (s *Store) SetPassword(ctx context.Context, change auth.PasswordChange, event auth.Event, mails ...auth.OutboxMail) (bool, error) {
	var done bool
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, updatePassword, change.NewHash, text(string(change.UserID)), change.OldHash)
		if done = n > 0; err != nil || !done {
			return err
		}
		if err := use(ctx, tx, change.UserID, change.Use, change.At); err != nil {
			return err
		}
		if err := activate(ctx, tx, change); err != nil {
			return err
		}
		if err := dropTokens(ctx, tx, change.UserID); err != nil {
			return err
		}
		ended, err := endAll(ctx, tx, change.UserID, change.Keep, auth.EndedByPassword, change.At)
		if err != nil {
			return err
		}
		if err := revokeSessions(ctx, tx, ended, auth.EndedByPassword, change.At); err != nil {
			return err
		}
		if err := queue(ctx, tx, mails); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return false, fmt.Errorf("set password: %w", err)
	}
	return done, nil
}

const activateUser = `UPDATE users SET is_active = $1, awaits_activation = $2, verified_at = $3 WHERE id = $4 AND awaits_activation`

// activate does what a new password brings with it for an account that waits for the proof of its address.
func activate(ctx context.Context, tx Tx, change auth.PasswordChange) error {
	if !change.Activates {
		return nil
	}
	n, err := tx.Run(ctx, nil, activateUser, true, false, millis(change.At), text(string(change.UserID)))
	if err == nil && n == 0 {
		err = auth.ErrOneTimeToken
	}
	return err
}

const updateActive = `UPDATE users SET is_active = $1, awaits_activation = $2 WHERE id = $3`

// SetActive implements auth.UserStore.
func (s *Store) SetActive(ctx context.Context, id auth.UserID, active bool, at time.Time, event auth.Event) error {
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, updateActive, active, false, text(string(id)))
		if err != nil {
			return err
		}
		if n == 0 {
			return auth.ErrNotFound
		}
		if err := dropTokens(ctx, tx, id); err != nil {
			return err
		}
		if !active {
			if err := shutOut(ctx, tx, id, at); err != nil {
				return err
			}
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("set active: %w", err)
	}
	return nil
}

// shutOut ends every session of a user and revokes every access token he has.
func shutOut(ctx context.Context, tx Tx, id auth.UserID, at time.Time) error {
	if _, err := endAll(ctx, tx, id, auth.SessionID{}, auth.EndedByDisable, at); err != nil {
		return err
	}
	return revoke(ctx, tx, auth.Revocation{Kind: auth.RevokedUser, Subject: string(id), NotBefore: at, Reason: string(auth.EndedByDisable)}, at)
}
