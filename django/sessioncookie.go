package django

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// Bounds of a key of django_session in bytes. Django makes 32 random letters and digits, and takes none that is shorter than 8.
const (
	minSessionKey = 8
	maxSessionKey = 40
)

// sessionKeyHash is all that is kept of a key.
func sessionKeyHash(key string) ([32]byte, bool) {
	if len(key) < minSessionKey || len(key) > maxSessionKey {
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(key)), true
}

// ReadSession implements auth.ForeignTokens.
func (r Tokens) ReadSession(cookie secret.Text, now time.Time) (auth.ForeignToken, error) {
	hash, ok := sessionKeyHash(cookie.Reveal())
	if !ok || !now.Before(r.SessionsUntil) {
		return auth.ForeignToken{}, auth.ErrTokenInvalid
	}
	return auth.ForeignToken{Kind: auth.ImportedSession, Hash: hash}, nil
}

// liveSession is a row of django_session of somebody who is signed in.
type liveSession struct {
	hash      [32]byte // of its key
	authHash  string
	expiresAt time.Time
	passing   bool
}

// readSessions reads the living sessions of everybody who is signed in, by user: a row does not say whose it is until it is decoded. Without a key
// none can be, and all are counted as left behind, anonymous visitors' too.
func (i *importer) readSessions(ctx context.Context) error {
	i.sessions = make(map[string][]liveSession)
	unread := make(map[error]int)
	err := i.from.liveSessions(ctx, i.now, func(key, data, expires string) {
		session, err := i.options.Keys.ReadSession(data)
		if err != nil {
			unread[err]++
			i.report.SessionsLeft++
			return
		}
		if session.UserID == "" {
			return // a visitor
		}
		hash, keyOK := sessionKeyHash(key)
		expiresAt, timeOK := parseTime(expires, i.from.zone)
		if !keyOK || !timeOK || session.Backend == "" {
			i.report.SessionsLeft++
			return
		}
		if !i.now.Before(expiresAt) {
			return // the query knows whole seconds only
		}
		passing := session.Passing || i.options.PassingSessions
		i.sessions[session.UserID] = append(i.sessions[session.UserID], liveSession{hash, session.AuthHash, expiresAt, passing})
	})
	if err != nil || i.options.Keys == nil {
		return err
	}
	for _, reason := range []error{ErrSessionForged, ErrSessionPickled, ErrSessionShape} {
		if n := unread[reason]; n > 0 {
			i.note(Problem{Kind: ProblemSession, Column: "session_data", Text: fmt.Sprintf("%d times: %s", n, reason), Skipped: true})
		}
	}
	return nil
}

// sessionTokens are the sessions that keep a user signed in. A session from before his last change of password does not: Django would refuse it too.
func (i *importer) sessionTokens(u auth.User) []auth.ImportedToken {
	sessions := i.sessions[string(u.ID)]
	delete(i.sessions, string(u.ID))
	if len(sessions) == 0 || !u.IsActive {
		i.report.SessionsLeft += len(sessions)
		return nil
	}
	good := i.options.Keys.SessionAuthHash(u.PasswordHash)
	var tokens []auth.ImportedToken
	for _, s := range sessions {
		if !slices.ContainsFunc(good, func(hash string) bool { return secret.EqualText(hash, s.authHash) }) {
			i.report.SessionsLeft++
			continue
		}
		tokens = append(tokens, auth.ImportedToken{Kind: auth.ImportedSession, Hash: s.hash, UserID: u.ID, ExpiresAt: s.expiresAt, Remember: !s.passing})
	}
	return tokens
}

// leaveSessions counts the sessions of who was not imported.
func (i *importer) leaveSessions() {
	for _, sessions := range i.sessions {
		i.report.SessionsLeft += len(sessions)
	}
}

// liveSessions hands over each row of django_session that lives at a time.
func (s *Source) liveSessions(ctx context.Context, now time.Time, each func(key, data, expires string)) error {
	if !s.has(sessionTable) {
		return nil
	}
	query := "SELECT " + asText("session_key") + ", " + asText("session_data") + ", " + asText("expire_date") + " FROM " + quote(sessionTable) +
		" WHERE expire_date > '" + s.stamp(sessionTable, "expire_date", now) + "'"
	err := s.rows(ctx, 3, func(r row) error {
		if r[0] == nil || r[1] == nil || r[2] == nil {
			return errors.New("a row has no key, data or end")
		}
		each(*r[0], *r[1], *r[2])
		return nil
	}, query)
	if err != nil {
		return fmt.Errorf("read %s: %w", sessionTable, err)
	}
	return nil
}
