package authtest

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// ChangeAccount implements auth.AccountStore.
func (f *Faults) ChangeAccount(ctx context.Context, change auth.AccountChange, event auth.Event, mails ...auth.OutboxMail) (auth.User, error) {
	return ask(ctx, f, "ChangeAccount", func() (auth.User, error) { return f.store.ChangeAccount(ctx, change, event, mails...) })
}

// DeleteUser implements auth.AccountStore.
func (f *Faults) DeleteUser(ctx context.Context, id auth.UserID, at time.Time, event auth.Event) error {
	return f.call(ctx, "DeleteUser", func() error { return f.store.DeleteUser(ctx, id, at, event) })
}

// OneTimeToken implements auth.OneTimeTokenStore.
func (f *Faults) OneTimeToken(ctx context.Context, user auth.UserID, purpose auth.Purpose) (auth.OneTimeToken, error) {
	return ask(ctx, f, "OneTimeToken", func() (auth.OneTimeToken, error) { return f.store.OneTimeToken(ctx, user, purpose) })
}

// QueueMail implements auth.OutboxStore.
func (f *Faults) QueueMail(ctx context.Context, mail auth.OutboxMail, event auth.Event) error {
	return f.call(ctx, "QueueMail", func() error { return f.store.QueueMail(ctx, mail, event) })
}

// ClaimMails implements auth.OutboxStore.
func (f *Faults) ClaimMails(ctx context.Context, now, until time.Time, limit int) ([]auth.OutboxMail, error) {
	return ask(ctx, f, "ClaimMails", func() ([]auth.OutboxMail, error) { return f.store.ClaimMails(ctx, now, until, limit) })
}

// MailQueue implements auth.OutboxStore.
func (f *Faults) MailQueue(ctx context.Context) (auth.MailQueue, error) {
	return ask(ctx, f, "MailQueue", func() (auth.MailQueue, error) { return f.store.MailQueue(ctx) })
}

// MailDone implements auth.OutboxStore.
func (f *Faults) MailDone(ctx context.Context, seq int64) error {
	return f.call(ctx, "MailDone", func() error { return f.store.MailDone(ctx, seq) })
}

// RetryMail implements auth.OutboxStore.
func (f *Faults) RetryMail(ctx context.Context, seq int64, at time.Time) error {
	return f.call(ctx, "RetryMail", func() error { return f.store.RetryMail(ctx, seq, at) })
}

// OpaqueSession implements auth.OpaqueTokenStore.
func (f *Faults) OpaqueSession(ctx context.Context, hash [32]byte) (auth.Session, auth.User, error) {
	return ask2(ctx, f, "OpaqueSession", func() (auth.Session, auth.User, error) { return f.store.OpaqueSession(ctx, hash) })
}
