package authtest

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Now implements auth.Store. It never fails.
func (f *Faults) Now() time.Time { return f.store.Now() }

// Ping implements auth.Store.
func (f *Faults) Ping(ctx context.Context) error {
	return f.call(ctx, "Ping", func() error { return f.store.Ping(ctx) })
}

// CreateUser implements auth.UserStore.
func (f *Faults) CreateUser(ctx context.Context, user auth.User, event auth.Event, mails ...auth.OutboxMail) (auth.User, error) {
	return ask(ctx, f, "CreateUser", func() (auth.User, error) { return f.store.CreateUser(ctx, user, event, mails...) })
}

// User implements auth.UserStore.
func (f *Faults) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	return ask(ctx, f, "User", func() (auth.User, error) { return f.store.User(ctx, id) })
}

// UserByUsername implements auth.UserStore.
func (f *Faults) UserByUsername(ctx context.Context, username string) (auth.User, error) {
	return ask(ctx, f, "UserByUsername", func() (auth.User, error) { return f.store.UserByUsername(ctx, username) })
}

// UsersByEmail implements auth.UserStore.
func (f *Faults) UsersByEmail(ctx context.Context, emailKey string) ([]auth.User, error) {
	return ask(ctx, f, "UsersByEmail", func() ([]auth.User, error) { return f.store.UsersByEmail(ctx, emailKey) })
}

// Users implements auth.UserStore.
func (f *Faults) Users(ctx context.Context, query auth.UserQuery) ([]auth.User, error) {
	return ask(ctx, f, "Users", func() ([]auth.User, error) { return f.store.Users(ctx, query) })
}

// UpgradePassword implements auth.UserStore.
func (f *Faults) UpgradePassword(ctx context.Context, id auth.UserID, oldHash, newHash string) (bool, error) {
	return ask(ctx, f, "UpgradePassword", func() (bool, error) { return f.store.UpgradePassword(ctx, id, oldHash, newHash) })
}

// SetPassword implements auth.UserStore.
func (f *Faults) SetPassword(ctx context.Context, change auth.PasswordChange, event auth.Event, mails ...auth.OutboxMail) (bool, error) {
	return ask(ctx, f, "SetPassword", func() (bool, error) { return f.store.SetPassword(ctx, change, event, mails...) })
}

// SetActive implements auth.UserStore.
func (f *Faults) SetActive(ctx context.Context, id auth.UserID, active bool, at time.Time, event auth.Event) error {
	return f.call(ctx, "SetActive", func() error { return f.store.SetActive(ctx, id, active, at, event) })
}

// CreateSession implements auth.SessionStore.
func (f *Faults) CreateSession(ctx context.Context, opening auth.Opening) ([]auth.SessionID, error) {
	return ask(ctx, f, "CreateSession", func() ([]auth.SessionID, error) { return f.store.CreateSession(ctx, opening) })
}

// ConfirmSession implements auth.SessionStore.
func (f *Faults) ConfirmSession(ctx context.Context, c auth.Confirmation) (auth.Session, bool, error) {
	return ask2(ctx, f, "ConfirmSession", func() (auth.Session, bool, error) { return f.store.ConfirmSession(ctx, c) })
}

// Session implements auth.SessionStore.
func (f *Faults) Session(ctx context.Context, id auth.SessionID) (s auth.Session, userActive bool, err error) {
	return ask2(ctx, f, "Session", func() (auth.Session, bool, error) { return f.store.Session(ctx, id) })
}

// SessionUser implements auth.SessionStore.
func (f *Faults) SessionUser(ctx context.Context, id auth.SessionID) (auth.Session, auth.User, error) {
	return ask2(ctx, f, "SessionUser", func() (auth.Session, auth.User, error) { return f.store.SessionUser(ctx, id) })
}

// Sessions implements auth.SessionStore.
func (f *Faults) Sessions(ctx context.Context, user auth.UserID, now time.Time) ([]auth.Session, error) {
	return ask(ctx, f, "Sessions", func() ([]auth.Session, error) { return f.store.Sessions(ctx, user, now) })
}

// LabelSession implements auth.SessionStore.
func (f *Faults) LabelSession(ctx context.Context, user auth.UserID, id auth.SessionID, label string, event auth.Event) error {
	return f.call(ctx, "LabelSession", func() error { return f.store.LabelSession(ctx, user, id, label, event) })
}

// EndSession implements auth.SessionStore.
func (f *Faults) EndSession(ctx context.Context, end auth.SessionEnd, event auth.Event, mails ...auth.OutboxMail) (bool, error) {
	return ask(ctx, f, "EndSession", func() (bool, error) { return f.store.EndSession(ctx, end, event, mails...) })
}

// EndEverything implements auth.SessionStore.
func (f *Faults) EndEverything(ctx context.Context, end auth.SessionEnd, event auth.Event) (int, error) {
	return ask(ctx, f, "EndEverything", func() (int, error) { return f.store.EndEverything(ctx, end, event) })
}

// KnownClients implements auth.SessionStore.
func (f *Faults) KnownClients(ctx context.Context, user auth.UserID) ([]auth.Client, error) {
	return ask(ctx, f, "KnownClients", func() ([]auth.Client, error) { return f.store.KnownClients(ctx, user) })
}

// EndSessions implements auth.SessionStore.
func (f *Faults) EndSessions(ctx context.Context, user auth.UserID, keep auth.SessionID, end auth.SessionEnd, event auth.Event, mails ...auth.OutboxMail) (int, error) {
	return ask(ctx, f, "EndSessions", func() (int, error) { return f.store.EndSessions(ctx, user, keep, end, event, mails...) })
}

// Prune implements auth.SessionStore.
func (f *Faults) Prune(ctx context.Context, before auth.Horizon) (int, error) {
	return ask(ctx, f, "Prune", func() (int, error) { return f.store.Prune(ctx, before) })
}

// SigningKeys implements auth.SigningKeyStore.
func (f *Faults) SigningKeys(ctx context.Context) ([]auth.SigningKey, error) {
	return ask(ctx, f, "SigningKeys", func() ([]auth.SigningKey, error) { return f.store.SigningKeys(ctx) })
}

// ChangeSigningKeys implements auth.SigningKeyStore.
func (f *Faults) ChangeSigningKeys(ctx context.Context, change func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error)) error {
	return f.call(ctx, "ChangeSigningKeys", func() error { return f.store.ChangeSigningKeys(ctx, change) })
}

// Revocations implements auth.RevocationStore.
func (f *Faults) Revocations(ctx context.Context, after time.Time) ([]auth.Revocation, error) {
	return ask(ctx, f, "Revocations", func() ([]auth.Revocation, error) { return f.store.Revocations(ctx, after) })
}

// AwaitRevocation implements auth.RevocationStore.
func (f *Faults) AwaitRevocation(ctx context.Context) error {
	return f.call(ctx, "AwaitRevocation", func() error { return f.store.AwaitRevocation(ctx) })
}

// Revoke implements auth.RevocationStore.
func (f *Faults) Revoke(ctx context.Context, revocation auth.Revocation, event auth.Event) error {
	return f.call(ctx, "Revoke", func() error { return f.store.Revoke(ctx, revocation, event) })
}

// RecordEvent implements auth.EventStore.
func (f *Faults) RecordEvent(ctx context.Context, event auth.Event) error {
	return f.call(ctx, "RecordEvent", func() error { return f.store.RecordEvent(ctx, event) })
}

// Events implements auth.EventStore.
func (f *Faults) Events(ctx context.Context, query auth.EventQuery) ([]auth.Event, error) {
	return ask(ctx, f, "Events", func() ([]auth.Event, error) { return f.store.Events(ctx, query) })
}

// TakeLimits implements auth.LimitStore.
func (f *Faults) TakeLimits(ctx context.Context, now time.Time, uses ...auth.LimitUse) ([]time.Duration, error) {
	return ask(ctx, f, "TakeLimits", func() ([]time.Duration, error) { return f.store.TakeLimits(ctx, now, uses...) })
}

// GiveLimitsBack implements auth.LimitStore.
func (f *Faults) GiveLimitsBack(ctx context.Context, uses ...auth.LimitUse) error {
	return f.call(ctx, "GiveLimitsBack", func() error { return f.store.GiveLimitsBack(ctx, uses...) })
}

// ForgetLimits implements auth.LimitStore.
func (f *Faults) ForgetLimits(ctx context.Context, keys ...string) error {
	return f.call(ctx, "ForgetLimits", func() error { return f.store.ForgetLimits(ctx, keys...) })
}
