package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// mailbox keeps what is sent, or fails as it is told to.
type mailbox struct {
	mu    sync.Mutex
	mails []auth.Mail
	fail  error
}

func (m *mailbox) Send(_ context.Context, mail auth.Mail) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.mails = append(m.mails, mail)
	return nil
}

func (m *mailbox) failWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// newMailWorld is a world with a mailbox.
func newMailWorld(t *testing.T, accounts auth.AccountPolicy) (world, *mailbox) {
	t.Helper()
	box := &mailbox{}
	return newWorld(t, func(c *auth.Config) { c.Mailer, c.Accounts = box, accounts }), box
}

// deliver empties the outbox and answers what has come since the last time.
func (w world) deliver(t *testing.T, box *mailbox) []auth.Mail {
	t.Helper()
	if _, err := w.SendMails(t.Context()); err != nil {
		t.Fatalf("SendMails: %v", err)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	got := box.mails
	box.mails = nil
	return got
}

// one is the one mail that has come.
func (w world) one(t *testing.T, box *mailbox, kind auth.MailKind, to string) auth.Mail {
	t.Helper()
	mails := w.deliver(t, box)
	if len(mails) != 1 || mails[0].Kind != kind || mails[0].To != to {
		t.Fatalf("mails: got %v, want one of kind %s to %s", mails, kind, to)
	}
	return mails[0]
}

func TestActivation(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true, SendConfirmation: true})
	alice := w.register(t, "alice")
	if alice.IsActive || !alice.AwaitsActivation {
		t.Fatalf("Register: got active %v, waiting %v", alice.IsActive, alice.AwaitsActivation)
	}
	_, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword))
	wantError(t, "Login before the activation", err, auth.ErrLoginInactive)
	wantError(t, "Login before the activation", err, auth.ErrLoginNotActivated)
	_, err = w.Login(t.Context(), w.client, attempt("alice", "wrong password"))
	if err == nil || err.Error() != auth.ErrBadCredentials.Error() {
		t.Errorf("Login before the activation with a wrong password: got %v, want %v", err, auth.ErrBadCredentials)
	}
	first := w.one(t, box, auth.MailActivation, alice.Email)
	if err := w.ResendActivation(t.Context(), w.client, "ALICE@example.com"); err != nil {
		t.Fatal(err)
	}
	second := w.one(t, box, auth.MailActivation, alice.Email)
	_, err = w.Activate(t.Context(), w.client, first.UID, first.Token)
	wantError(t, "the older link", err, auth.ErrOneTimeToken)
	if _, err := w.Activate(t.Context(), w.client, second.UID, second.Token); err != nil {
		t.Fatalf("Activate: %v", err)
	}
	w.one(t, box, auth.MailConfirmation, alice.Email)
	_, err = w.Activate(t.Context(), w.client, second.UID, second.Token)
	wantError(t, "the same link again", err, auth.ErrOneTimeToken)
	w.login(t, "alice")
}

// An account that somebody disabled is not activated by an old link, and gets no new one.
func TestActivationDoesNotBringTheDisabledBack(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true})
	mallory := w.register(t, "mallory")
	link := w.one(t, box, auth.MailActivation, mallory.Email)
	if err := w.Disable(t.Context(), w.client, mallory.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Activate(t.Context(), w.client, link.UID, link.Token)
	wantError(t, "the old link", err, auth.ErrOneTimeToken)
	if err := w.ResendActivation(t.Context(), w.client, mallory.Email); err != nil {
		t.Fatal(err)
	}
	if mails := w.deliver(t, box); len(mails) != 0 {
		t.Errorf("mails: got %v, want none", mails)
	}
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{NotifyPasswordChange: true})
	alice := w.register(t, "alice")
	grant := w.login(t, "alice")
	if err := w.RequestPasswordReset(t.Context(), w.client, "alice@EXAMPLE.com"); err != nil {
		t.Fatal(err)
	}
	link := w.one(t, box, auth.MailPasswordReset, alice.Email)
	if err := w.CheckOneTimeToken(t.Context(), auth.PurposePasswordReset, link.UID, link.Token); err != nil {
		t.Errorf("CheckOneTimeToken: %v", err)
	}
	err := w.ConfirmPasswordReset(t.Context(), w.client, link.UID, link.Token, secret.NewText("short"))
	if _, ok := errors.AsType[*auth.InputError](err); !ok {
		t.Errorf("a weak password: got %v, want an InputError", err)
	}
	if err := w.ConfirmPasswordReset(t.Context(), w.client, link.UID, link.Token, secret.NewText(nextPassword)); err != nil {
		t.Fatalf("ConfirmPasswordReset: %v", err)
	}
	w.one(t, box, auth.MailPasswordChanged, alice.Email)
	err = w.ConfirmPasswordReset(t.Context(), w.client, link.UID, link.Token, secret.NewText(nextPassword))
	wantError(t, "the same link again", err, auth.ErrOneTimeToken)
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "the session from before", err, auth.ErrSessionEnded)
	if _, err := w.Login(t.Context(), w.client, attempt("alice", nextPassword)); err != nil {
		t.Errorf("Login with the new password: %v", err)
	}
}

// Of twenty confirmations at once exactly one sets its password (J02).
func TestPasswordResetRace(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	alice := w.register(t, "alice")
	if err := w.RequestPasswordReset(t.Context(), w.client, alice.Email); err != nil {
		t.Fatal(err)
	}
	link := w.one(t, box, auth.MailPasswordReset, alice.Email)
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			next := secret.NewText(fmt.Sprintf("a new password %d", i))
			errs[i] = w.ConfirmPasswordReset(t.Context(), w.client, link.UID, link.Token, next)
		})
	}
	all.Wait()
	var won []int
	for i, err := range errs {
		if err == nil {
			won = append(won, i)
		} else {
			wantError(t, fmt.Sprintf("confirmation %d", i), err, auth.ErrOneTimeToken)
		}
	}
	if len(won) != 1 {
		t.Fatalf("confirmations that worked: got %v, want one", won)
	}
	if _, err := w.Login(t.Context(), w.client, attempt("alice", fmt.Sprintf("a new password %d", won[0]))); err != nil {
		t.Errorf("Login with the password that won: %v", err)
	}
}

// A link of one purpose, one user, or one time is nothing anywhere else (J06).
func TestOneTimeTokensAreBound(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true})
	waiting := w.register(t, "waiting")
	activation := w.one(t, box, auth.MailActivation, waiting.Email)
	for _, name := range []string{"alice", "bob"} {
		user := w.register(t, name)
		link := w.one(t, box, auth.MailActivation, user.Email)
		if _, err := w.Activate(t.Context(), w.client, link.UID, link.Token); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.RequestPasswordReset(t.Context(), w.client, "alice@example.com"); err != nil {
		t.Fatal(err)
	}
	reset := w.one(t, box, auth.MailPasswordReset, "alice@example.com")
	bob, err := w.FindUser(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	next := secret.NewText(nextPassword)
	for name, test := range map[string]struct {
		err  error
		want error
	}{
		"activation link to reset":  {w.ConfirmPasswordReset(t.Context(), w.client, activation.UID, activation.Token, next), auth.ErrOneTimeToken},
		"reset link to activate":    {second(w.Activate(t.Context(), w.client, reset.UID, reset.Token)), auth.ErrOneTimeToken},
		"reset link to rename":      {w.ConfirmIdentifierReset(t.Context(), w.client, reset.UID, reset.Token, "root"), auth.ErrOneTimeToken},
		"alice's token, bob's name": {w.ConfirmPasswordReset(t.Context(), w.client, auth.UIDOf(bob.ID), reset.Token, next), auth.ErrOneTimeToken},
		"nobody's name":             {w.ConfirmPasswordReset(t.Context(), w.client, auth.UIDOf("nobody"), reset.Token, next), auth.ErrUnknownUID},
		"a name that is no base64":  {w.ConfirmPasswordReset(t.Context(), w.client, "!", reset.Token, next), auth.ErrUnknownUID},
		"a name with padding":       {w.ConfirmPasswordReset(t.Context(), w.client, "MQ==", reset.Token, next), auth.ErrUnknownUID},
		"no token":                  {w.ConfirmPasswordReset(t.Context(), w.client, reset.UID, secret.Text{}, next), auth.ErrOneTimeToken},
	} {
		wantError(t, name, test.err, test.want)
	}
	w.clock.Advance(w.Policy().ResetLifetime)
	wantError(t, "too late", w.ConfirmPasswordReset(t.Context(), w.client, reset.UID, reset.Token, next), auth.ErrOneTimeToken)
}

func second[T any](_ T, err error) error { return err }

// A request for a mail answers the same, writes the same and queues the same for everybody; only the mail itself differs (enumeration).
func TestRequestedMailsDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	alice := w.register(t, "alice")
	disabled := w.register(t, "disabled")
	if err := w.Disable(t.Context(), w.client, disabled.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateUser(t.Context(), w.client, auth.NewUser{Username: "social", Email: "social@example.com"}); err != nil {
		t.Fatal(err)
	}
	addresses := []string{alice.Email, disabled.Email, "social@example.com", "nobody@example.com"}
	for _, address := range addresses {
		if err := w.RequestPasswordReset(t.Context(), w.client, address); err != nil {
			t.Errorf("RequestPasswordReset(%s): %v", address, err)
		}
		queued, err := w.store.ClaimMails(t.Context(), w.clock.Now(), w.clock.Now(), 100)
		if err != nil || len(queued) == 0 {
			t.Errorf("the outbox after %s: got %d, %v; want the same row as for everybody", address, len(queued), err)
		}
	}
	var got []string
	for _, m := range w.deliver(t, box) {
		got = append(got, m.To)
	}
	if diff := cmp.Diff([]string{alice.Email}, got); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// Letters that look like ASCII ones name somebody else, and a mail goes only to the address that is stored (J16, CVE-2019-19844).
func TestRequestedMailsGoToTheStoredAddress(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	w.register(t, "mike")
	for _, other := range []string{"mi\u212Ae@example.com", "m\u0131ke@example.com", "mike@example.com,evil@example.net", "mike@example.com\nBcc: evil@example.net"} {
		if err := w.RequestPasswordReset(t.Context(), w.client, other); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.RequestPasswordReset(t.Context(), w.client, "MIKE@EXAMPLE.COM"); err != nil {
		t.Fatal(err)
	}
	w.one(t, box, auth.MailPasswordReset, "mike@example.com")
}

// Nobody's mailbox can be flooded, known or unknown.
func TestRequestedMailsAreLimited(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t, auth.AccountPolicy{})
	w.register(t, "alice")
	for _, address := range []string{"alice@example.com", "nobody@example.com"} {
		for range w.Policy().Limits.MailsPerAccount.Burst {
			if err := w.RequestPasswordReset(t.Context(), w.client, address); err != nil {
				t.Fatal(err)
			}
		}
		err := w.RequestPasswordReset(t.Context(), w.client, strings.ToUpper(address))
		if _, ok := errors.AsType[*auth.LimitError](err); !ok {
			t.Errorf("beyond the limit for %s: got %v, want a LimitError", address, err)
		}
	}
}

func TestSetIdentifier(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{NotifyIdentifierChange: true})
	w.register(t, "taken")
	alice := w.register(t, "alice")
	me := w.authenticate(t, w.login(t, "alice").Access)
	password := secret.NewText(goodPassword)
	wantError(t, "a wrong password", w.SetIdentifier(t.Context(), w.client, me, secret.NewText("wrong password"), "alicia"), auth.ErrWrongPassword)
	for _, bad := range []string{"taken", "alice", "no spaces", "", strings.Repeat("x", 151)} {
		err := w.SetIdentifier(t.Context(), w.client, me, password, bad)
		if input, ok := errors.AsType[*auth.InputError](err); !ok || input.Fields[0].Field != "new_username" {
			t.Errorf("SetIdentifier(%q): got %v, want an InputError of new_username", bad, err)
		}
	}
	if err := w.SetIdentifier(t.Context(), w.client, me, password, "alicia"); err != nil {
		t.Fatal(err)
	}
	w.one(t, box, auth.MailIdentifierChanged, alice.Email)
	w.login(t, "alicia")
	if err := w.RequestIdentifierReset(t.Context(), w.client, alice.Email); err != nil {
		t.Fatal(err)
	}
	link := w.one(t, box, auth.MailIdentifierReset, alice.Email)
	if err := w.ConfirmIdentifierReset(t.Context(), w.client, link.UID, link.Token, "alice"); err != nil {
		t.Fatal(err)
	}
	wantError(t, "the same link again", w.ConfirmIdentifierReset(t.Context(), w.client, link.UID, link.Token, "root"), auth.ErrOneTimeToken)
	w.login(t, "alice")
}

// With activation a changed address has to be proved again, and the old address hears of it.
func TestChangingTheAddress(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true})
	alice := w.register(t, "alice")
	link := w.one(t, box, auth.MailActivation, alice.Email)
	if _, err := w.Activate(t.Context(), w.client, link.UID, link.Token); err != nil {
		t.Fatal(err)
	}
	grant := w.login(t, "alice")
	address := "new@example.com"
	updated, err := w.UpdateUser(t.Context(), w.client, w.authenticate(t, grant.Access), alice.ID, auth.UserUpdate{Email: &address})
	if err != nil || updated.Email != address || updated.IsActive {
		t.Fatalf("UpdateUser: got %+v, %v; want the new address, inactive", updated, err)
	}
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "Refresh until the address is proved", err, auth.ErrUserInactive)
	mails := w.deliver(t, box)
	if len(mails) != 2 || mails[0].Kind != auth.MailAddressChanged || mails[0].To != alice.Email || mails[1].To != address {
		t.Fatalf("mails: got %v, want a notice to the old address and a link to the new one", mails)
	}
	if _, err := w.Activate(t.Context(), w.client, mails[1].UID, mails[1].Token); err != nil {
		t.Fatal(err)
	}
	w.login(t, "alice")
}

// Others do not exist for who is not staff, and staff proves its own password.
func TestOtherPeoplesAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, bob := w.register(t, "alice"), w.register(t, "bob")
	if _, err := w.CreateUser(t.Context(), w.client, auth.NewUser{Username: "boss", Password: secret.NewText(goodPassword), IsStaff: true}); err != nil {
		t.Fatal(err)
	}
	me, boss := w.authenticate(t, w.login(t, "alice").Access), w.authenticate(t, w.login(t, "boss").Access)
	name := "Robert"
	_, err := w.UserFor(t.Context(), me, bob.ID)
	wantError(t, "UserFor", err, auth.ErrNotFound)
	_, err = w.UpdateUser(t.Context(), w.client, me, bob.ID, auth.UserUpdate{FirstName: &name})
	wantError(t, "UpdateUser", err, auth.ErrNotFound)
	wantError(t, "DeleteUser", w.DeleteUser(t.Context(), w.client, me, bob.ID, secret.NewText(goodPassword)), auth.ErrNotFound)
	if list, err := w.UsersFor(t.Context(), me, auth.UserQuery{}); err != nil || len(list) != 1 || list[0].ID != alice.ID {
		t.Errorf("UsersFor: got %v, %v; want alice alone", list, err)
	}
	if list, err := w.UsersFor(t.Context(), boss, auth.UserQuery{}); err != nil || len(list) != 3 {
		t.Errorf("UsersFor staff: got %v, %v; want all three", list, err)
	}
	if user, err := w.UpdateUser(t.Context(), w.client, boss, bob.ID, auth.UserUpdate{FirstName: &name}); err != nil || user.FirstName != name {
		t.Errorf("UpdateUser by staff: got %v, %v", user, err)
	}
	wantError(t, "DeleteUser with a wrong password", w.DeleteUser(t.Context(), w.client, boss, bob.ID, secret.NewText("wrong password")), auth.ErrWrongPassword)
	if err := w.DeleteUser(t.Context(), w.client, boss, bob.ID, secret.NewText(goodPassword)); err != nil {
		t.Errorf("DeleteUser by staff: %v", err)
	}
}

// A deleted account is out at once, and whoever registers its name again is somebody else (B20).
func TestDeletedAccountsAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	grant := w.login(t, "alice")
	me := w.authenticate(t, grant.Access)
	if err := w.DeleteUser(t.Context(), w.client, me, alice.ID, secret.NewText(goodPassword)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), grant.Access); err == nil {
		t.Error("Authenticate after the deletion: no error")
	}
	_, err := w.Whoami(t.Context(), me)
	wantError(t, "Whoami", err, auth.ErrUserGone)
	again := w.register(t, "alice")
	if again.ID == alice.ID {
		t.Error("the id of a deleted user was used again")
	}
	if _, err := w.Refresh(t.Context(), w.client, grant.Refresh); err == nil {
		t.Error("Refresh of the deleted user's session: no error")
	}
}

// One opaque token for each device: signing out on one leaves the other.
func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	first, err := w.LoginOpaque(t.Context(), w.client, attempt("alice", goodPassword))
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.LoginOpaque(t.Context(), w.client, attempt("alice", goodPassword))
	if err != nil || other == first || !auth.IsOpaque(first) {
		t.Fatalf("LoginOpaque: got %v; want another token of 40 digits", err)
	}
	principal, err := w.AuthenticateOpaque(t.Context(), first)
	if err != nil || principal.UserID != alice.ID {
		t.Fatalf("AuthenticateOpaque: got %v, %v", principal, err)
	}
	if err := w.EndSession(t.Context(), w.client, principal, principal.SessionID); err != nil {
		t.Fatal(err)
	}
	_, err = w.AuthenticateOpaque(t.Context(), first)
	wantError(t, "after signing out", err, auth.ErrTokenInvalid)
	if _, err := w.AuthenticateOpaque(t.Context(), other); err != nil {
		t.Errorf("the other device: %v", err)
	}
	_, err = w.AuthenticateOpaque(t.Context(), secret.NewText("garbage"))
	wantError(t, "garbage", err, auth.ErrTokenInvalid)
	w.clock.Advance(w.Policy().SessionAbsolute)
	_, err = w.AuthenticateOpaque(t.Context(), other)
	wantError(t, "after the absolute life", err, auth.ErrTokenInvalid)
}

// A dead mail server delays the mail and nothing else; what it refuses for good is given up.
func TestOutboxRetries(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	alice := w.register(t, "alice")
	box.failWith(errors.New("connection refused"))
	if err := w.RequestPasswordReset(t.Context(), w.client, alice.Email); err != nil {
		t.Fatalf("RequestPasswordReset with a dead mail server: %v", err)
	}
	for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		if n, err := w.SendMails(t.Context()); n != 1 || err != nil {
			t.Errorf("SendMails: got %d, %v; want a try", n, err)
		}
		w.clock.Advance(pause - time.Second)
		if n, err := w.SendMails(t.Context()); n != 0 || err != nil {
			t.Errorf("SendMails within the pause: got %d, %v; want none", n, err)
		}
		w.clock.Advance(time.Second)
	}
	box.failWith(nil)
	w.one(t, box, auth.MailPasswordReset, alice.Email)

	box.failWith(fmt.Errorf("550 no such user: %w", auth.ErrMailRefused))
	if err := w.RequestPasswordReset(t.Context(), w.client, alice.Email); err != nil {
		t.Fatal(err)
	}
	if n, err := w.SendMails(t.Context()); n != 1 || err != nil {
		t.Errorf("SendMails: got %d, %v", n, err)
	}
	w.clock.Advance(24 * time.Hour)
	if n, err := w.SendMails(t.Context()); n != 0 || err != nil {
		t.Errorf("SendMails after a refusal for good: got %d, %v; want none", n, err)
	}
	events, err := w.store.Events(t.Context(), auth.EventQuery{UserID: alice.ID, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Kind != auth.EventMailGivenUp {
		t.Errorf("the last event: got %v, %v; want the mail given up", events, err)
	}
}

// A copy of the database holds no link that works: neither in the outbox nor beside it.
func TestOutboxKeepsNoTokenInClear(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	alice := w.register(t, "alice")
	if err := w.RequestPasswordReset(t.Context(), w.client, alice.Email); err != nil {
		t.Fatal(err)
	}
	queued, err := w.store.ClaimMails(t.Context(), w.clock.Now(), w.clock.Now(), 10)
	if err != nil || len(queued) != 1 {
		t.Fatalf("ClaimMails: got %v, %v", queued, err)
	}
	link := w.one(t, box, auth.MailPasswordReset, alice.Email)
	kept, err := w.store.OneTimeToken(t.Context(), alice.ID, auth.PurposePasswordReset)
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{"the outbox": string(queued[0].Sealed), "the tokens": string(kept.Hash[:])} {
		if strings.Contains(stored, link.Token.Reveal()) || strings.Contains(stored, alice.Email) {
			t.Errorf("%s: the token stands in clear", name)
		}
	}
}

// The owner of a session that had two holders is told by mail.
func TestCompromisedSessionIsMailed(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	alice := w.register(t, "alice")
	first := w.login(t, "alice")
	chain := first
	for range 3 {
		w.clock.Advance(10 * time.Minute)
		chain = w.refresh(t, chain)
	}
	_, err := w.Refresh(t.Context(), w.client, first.Refresh)
	wantError(t, "Refresh with a token from long ago", err, auth.ErrSessionCompromised)
	w.one(t, box, auth.MailSessionCompromised, alice.Email)
}

func TestActivationNeedsMail(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{
		Issuer: "https://app.example.com", Store: authtest.SQLite(t), Master: authtest.Master(), Accounts: auth.AccountPolicy{SendActivation: true},
	})
	if err == nil || !strings.Contains(err.Error(), "send_activation_email") {
		t.Errorf("New: got %v, want an error about send_activation_email", err)
	}
	wantError(t, "ResendActivation where there is none", newWorld(t).ResendActivation(t.Context(), auth.Client{}, "a@example.com"), auth.ErrActivationOff)
}
