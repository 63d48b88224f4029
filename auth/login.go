package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// Login is what a person presents to sign in.
type Login struct {
	Identifier string      // a username or an address, as By says
	Password   secret.Text // trimmed and normalised here, as the Django peers do
	// Remember asks for a session that outlives the browser; without it the session has the short idle life.
	Remember bool
	// By says what the identifier is; zero: Service.LoginField. An address that several accounts have is that of the oldest active one, as for resets.
	By LoginField
}

// Login checks a password and opens a session.
//
// An unknown user, a wrong password and a disabled account give the same error after the same work, so that nobody learns who has an
// account. Failures are counted per account and per source before any password is hashed, so a parallel burst cannot outrun the count; see guess.
// Errors: ErrBadCredentials (also as ErrLoginInactive and ErrLoginNotActivated), *LimitError, password.ErrBusy (nothing counted), ErrUnavailable.
func (s *Service) Login(ctx context.Context, client Client, login Login) (Grant, error) {
	user, err := s.checkLogin(ctx, client, login)
	if err != nil {
		return Grant{}, err
	}
	grant, err := s.open(ctx, client, user, s.newSession(user, client, "password", login.Remember))
	if err == nil {
		grant.Device = s.newDevice(user.ID, client, grant.IssuedAt)
	}
	return grant, err
}

// checkLogin is the sign-in up to the proof of the password.
func (s *Service) checkLogin(ctx context.Context, client Client, login Login) (User, error) {
	now := s.now()
	user, err := s.findLogin(ctx, login)
	if err != nil {
		return User{}, err
	}
	g := guess{spelling: subjectOf(login.Identifier), user: user, client: client}
	ok, err := s.tryPassword(ctx, now, &g, login.Password)
	if err != nil {
		return User{}, err
	}
	if !ok || !user.IsActive {
		s.record(ctx, Event{Kind: EventLoginFailed, At: now, UserID: user.ID, Detail: g.spelling, Client: client})
		switch {
		case !ok:
			return User{}, ErrBadCredentials
		case user.AwaitsActivation:
			return User{}, ErrLoginNotActivated
		default:
			return User{}, ErrLoginInactive
		}
	}
	s.succeed(ctx, g)
	return user, nil
}

// tryPassword compares a password, within the limits. Every way to a password leads through here; the caller records a failure, or calls succeed.
func (s *Service) tryPassword(ctx context.Context, now time.Time, g *guess, plain secret.Text) (bool, error) {
	if err := s.reserve(ctx, now, g); err != nil {
		return false, err
	}
	user := g.user
	if g.closed {
		user = User{} // the same work, and neither a right answer nor a better hash comes of it
	}
	ok, err := s.checkPassword(ctx, user, plain, now)
	if err != nil {
		s.withdraw(ctx, *g) // not an attempt: nothing was compared
	}
	return ok, err
}

// findLogin finds the user of an identifier. Nobody is the zero User and no error, so that the work that follows is the same. Where it may be either, a
// username comes first, or whoever registers an address could keep somebody out whose username it is; and both are always looked for (timing).
func (s *Service) findLogin(ctx context.Context, login Login) (User, error) {
	by := cmp.Or(login.By, s.loginBy)
	var found User
	if by != LoginByUsername {
		users, err := s.store.UsersByEmail(ctx, EmailKey(login.Identifier))
		if err != nil {
			return User{}, wrap("find user", err)
		}
		if len(users) > 0 {
			found = users[0]
		}
	}
	if by != LoginByEmail {
		user, err := s.store.UserByUsername(ctx, NormalizeUsername(login.Identifier))
		switch {
		case err == nil:
			return user, nil
		case !errors.Is(err, ErrNotFound):
			return User{}, wrap("find user", err)
		}
	}
	return found, nil
}

// checkPassword compares a password with the user's, with the same work for nobody and for anybody, and stores a better hash when it was right.
func (s *Service) checkPassword(ctx context.Context, user User, plain secret.Text, now time.Time) (bool, error) {
	ok, upgraded, err := s.passwords.Check(ctx, user.PasswordHash, plain)
	switch {
	case errors.Is(err, password.ErrTooLong), errors.Is(err, password.ErrMalformed):
		return false, nil // no account has such a password, and none costs any work: equal for all
	case err != nil:
		return false, fmt.Errorf("check password: %w", err)
	case ok && upgraded != "":
		s.upgradePassword(ctx, user, upgraded, now)
	}
	return ok, nil
}

// upgradePassword never fails a sign-in: the old hash goes on working, and a password that was changed meanwhile wins.
func (s *Service) upgradePassword(ctx context.Context, user User, upgraded string, now time.Time) {
	done, err := s.store.UpgradePassword(ctx, user.ID, user.PasswordHash, upgraded)
	if err != nil {
		s.log.WarnContext(ctx, "password hash was not upgraded", "user_id", string(user.ID), "error", err)
		return
	}
	if done {
		s.record(ctx, Event{Kind: EventPasswordRehashed, At: now, UserID: user.ID, Detail: password.Scheme(user.PasswordHash)})
	}
}

// newSession is a session that nobody has refreshed yet: its parent is its first refresh token.
func (s *Service) newSession(user User, client Client, method string, remember bool) Session {
	now := s.now()
	idle := s.policy.SessionIdleShort
	if remember {
		idle = s.policy.SessionIdle
	}
	absolute := now.Add(s.policy.SessionAbsolute)
	return Session{
		ID: NewSessionID(), UserID: user.ID, Parent: TokenID(secret.Bytes(16)), ConfirmedAt: now, CreatedAt: now,
		IdleLifetime: idle, IdleExpiresAt: earlier(now.Add(idle), absolute), AbsoluteExpiresAt: absolute,
		Remember: remember, Method: method, UserAgent: client.agent(), Address: client.Address,
	}
}

// open stores a session and issues its first tokens.
func (s *Service) open(ctx context.Context, client Client, user User, session Session) (Grant, error) {
	now := session.CreatedAt
	event := Event{Kind: EventLogin, At: now, UserID: user.ID, SessionID: session.ID, Detail: session.Method, Client: client}
	mails, err := s.newDeviceMails(ctx, client, user, session)
	if err != nil {
		return Grant{}, err
	}
	evicted, err := s.store.CreateSession(ctx, Opening{Session: session, Bound: s.policy.MaxSessions, Event: event, Mails: mails})
	if err != nil {
		if errors.Is(err, ErrUserInactive) {
			return Grant{}, ErrLoginInactive // disabled while the password was being checked
		}
		return Grant{}, wrap("open session", err)
	}
	s.evict(evicted, now)
	s.wakeMailer(mails)
	user.LastLogin = now
	g, err := s.grant(ctx, session, user, now)
	if err != nil {
		return Grant{}, err
	}
	g.Refresh = secret.NewText(s.refresh.Sign(token.Refresh{
		SessionID: session.ID, ID: session.Parent, Generation: session.Generation + 1, Subject: string(user.ID), BornAt: now,
		ExpiresAt: g.RefreshExpiresAt,
	}))
	return g, nil
}

// evict makes the access tokens of sessions dead in this process that the store ended for a newer one.
func (s *Service) evict(evicted []SessionID, now time.Time) {
	for _, id := range evicted {
		s.revocations.add(now, Revocation{Kind: RevokedSession, Subject: id.String(), NotBefore: now, Reason: string(EndedAsEvicted)})
	}
}

// record stores an event that belongs to no other write. The audit trail never decides whether somebody may sign in, so trouble is logged only.
func (s *Service) record(ctx context.Context, event Event) {
	if err := s.store.RecordEvent(context.WithoutCancel(ctx), event); err != nil {
		s.log.ErrorContext(ctx, "event was not stored", "kind", string(event.Kind), "error", err)
	}
}
