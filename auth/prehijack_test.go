package auth_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const victim = "victim@example.com"

// mallory registers the victim's address with a password of his own.
func (w world) mallory(t *testing.T) auth.User {
	t.Helper()
	user, err := w.Register(t.Context(), w.client, auth.NewUser{Username: "mallory", Email: victim, Password: secret.NewText(goodPassword)})
	if err != nil {
		t.Fatalf("Register: %v", err)
	}
	return user
}

// Who registers a foreign address and signs in is out, on every device, when its owner chooses a password by a mailed link (pre-hijack).
func TestPreHijackByReset(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{})
	mallory := w.mallory(t)
	grant := w.login(t, "mallory")
	opaque, err := w.LoginOpaque(t.Context(), w.client, attempt("mallory", goodPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RequestIdentifierReset(t.Context(), w.client, victim); err != nil {
		t.Fatal(err)
	}
	rename := w.one(t, box, auth.MailIdentifierReset, victim)
	if err := w.RequestPasswordReset(t.Context(), w.client, victim); err != nil {
		t.Fatal(err)
	}
	link := w.one(t, box, auth.MailPasswordReset, victim)
	if err := w.ConfirmPasswordReset(t.Context(), w.client, link.UID, link.Token, secret.NewText(nextPassword)); err != nil {
		t.Fatal(err)
	}
	w.wantMalloryOut(t, mallory)
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "his refresh token", err, auth.ErrSessionEnded)
	_, err = w.Authenticate(t.Context(), grant.Access)
	wantError(t, "his access token", err, auth.ErrSessionEnded)
	_, err = w.AuthenticateOpaque(t.Context(), opaque)
	wantError(t, "his opaque token", err, auth.ErrTokenInvalid)
	err = w.ConfirmIdentifierReset(t.Context(), w.client, rename.UID, rename.Token, "root")
	wantError(t, "an older link", err, auth.ErrOneTimeToken)
}

// wantMalloryOut fails the test unless the account takes the victim's password and not the one that it was registered with.
func (w world) wantMalloryOut(t *testing.T, mallory auth.User) {
	t.Helper()
	_, err := w.Login(t.Context(), w.client, attempt("mallory", goodPassword))
	wantError(t, "the password of who registered", err, auth.ErrBadCredentials)
	grant, err := w.Login(t.Context(), w.client, attempt("mallory", nextPassword))
	if err != nil || grant.User.ID != mallory.ID {
		t.Errorf("Login with the owner's password: got %v, %v", grant.User.ID, err)
	}
}

// The owner of the mailbox who follows the link does not make a stranger's password a trusted one: without it he gets no further, and with a new one the
// stranger's is gone (pre-hijack).
func TestPreHijackByActivation(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true, ActivationRequiresPassword: true, SendConfirmation: true})
	mallory := w.mallory(t)
	link := w.one(t, box, auth.MailActivation, victim)
	_, err := w.Activate(t.Context(), w.client, link.UID, link.Token)
	if input, ok := errors.AsType[*auth.InputError](err); !ok || input.Fields[0].Field != "password" {
		t.Errorf("Activate with the link alone: got %v, want an InputError of password", err)
	}
	_, err = w.ActivateWithPassword(t.Context(), w.client, link.UID, link.Token, secret.NewText(nextPassword))
	wantError(t, "with another password", err, auth.ErrWrongPassword)
	_, err = w.ActivateWithPassword(t.Context(), w.client, link.UID, secret.NewText("guess"), secret.NewText(goodPassword))
	wantError(t, "with the password alone", err, auth.ErrOneTimeToken)
	err = w.ActivateAnew(t.Context(), w.client, link.UID, secret.NewText("guess"), secret.NewText(nextPassword))
	wantError(t, "anew without the link", err, auth.ErrOneTimeToken)
	err = w.ActivateAnew(t.Context(), w.client, link.UID, link.Token, secret.NewText("short"))
	if _, ok := errors.AsType[*auth.InputError](err); !ok {
		t.Errorf("a weak password: got %v, want an InputError", err)
	}
	user, err := w.User(t.Context(), mallory.ID)
	if diff := cmp.Diff(mallory, user); err != nil || diff != "" {
		t.Fatalf("the account until then (-want +got): %v\n%s", err, diff)
	}
	if err := w.ActivateAnew(t.Context(), w.client, link.UID, link.Token, secret.NewText(nextPassword)); err != nil {
		t.Fatalf("ActivateAnew: %v", err)
	}
	w.one(t, box, auth.MailConfirmation, victim)
	w.wantMalloryOut(t, mallory)
	err = w.ActivateAnew(t.Context(), w.client, link.UID, link.Token, secret.NewText(goodPassword))
	wantError(t, "the same link again", err, auth.ErrOneTimeToken)
	events, err := w.store.Events(t.Context(), auth.EventQuery{UserID: mallory.ID})
	if err != nil || !slices.ContainsFunc(events, func(e auth.Event) bool { return e.Kind == auth.EventActivatedAnew }) {
		t.Errorf("events: got %v, %v; want %s", events, err, auth.EventActivatedAnew)
	}
}

// A link is no place to guess passwords at: the guesses count as failed sign-ins do, and together with them.
func TestGuessingAtAnActivationLink(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true})
	w.mallory(t)
	link := w.one(t, box, auth.MailActivation, victim)
	for range w.Policy().Limits.FailedLoginsPerSource.Burst {
		_, err := w.ActivateWithPassword(t.Context(), w.client, link.UID, link.Token, secret.NewText("wrong password"))
		wantError(t, "a guess", err, auth.ErrWrongPassword)
	}
	_, err := w.ActivateWithPassword(t.Context(), w.client, link.UID, link.Token, secret.NewText(goodPassword))
	if _, ok := errors.AsType[*auth.LimitError](err); !ok {
		t.Errorf("one more, and right: got %v, want a LimitError", err)
	}
	_, err = w.Login(t.Context(), w.client, attempt("mallory", goodPassword))
	if _, ok := errors.AsType[*auth.LimitError](err); !ok {
		t.Errorf("Login: got %v, want a LimitError", err)
	}
	w.clock.Advance(w.Policy().Limits.FailedLoginsPerSource.Interval)
	if _, err := w.ActivateWithPassword(t.Context(), w.client, link.UID, link.Token, secret.NewText(goodPassword)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// Whoever registers an address a second time before anybody has proved it changes nothing of the account, not its password either, and the owner gets a
// link that lives.
func TestPreHijackBySecondRegistration(t *testing.T) {
	t.Parallel()
	byEmail := func(c *auth.Config) { c.LoginField = auth.LoginByEmail }
	box := &mailbox{}
	w := newWorld(t, byEmail, func(c *auth.Config) { c.Mailer, c.Accounts = box, auth.AccountPolicy{SendActivation: true} })
	register := func(password string) auth.Mail {
		if _, err := w.Register(t.Context(), w.client, auth.NewUser{Email: victim, Password: secret.NewText(password)}); err != nil {
			t.Fatalf("Register: %v", err)
		}
		return w.one(t, box, auth.MailActivation, victim)
	}
	first := register(goodPassword)
	again := register(nextPassword)
	_, err := w.ActivateWithPassword(t.Context(), w.client, first.UID, first.Token, secret.NewText(goodPassword))
	wantError(t, "the older link", err, auth.ErrOneTimeToken)
	_, err = w.ActivateWithPassword(t.Context(), w.client, again.UID, again.Token, secret.NewText(nextPassword))
	wantError(t, "the second password", err, auth.ErrWrongPassword)
	if _, err = w.ActivateWithPassword(t.Context(), w.client, again.UID, again.Token, secret.NewText(goodPassword)); err != nil {
		t.Errorf("the first password: %v", err)
	}
}

// Where people sign in by name, two accounts may have one address. Each link activates its own account, by its own password.
func TestPreHijackBesideTheOwner(t *testing.T) {
	t.Parallel()
	w, box := newMailWorld(t, auth.AccountPolicy{SendActivation: true})
	w.mallory(t)
	his := w.one(t, box, auth.MailActivation, victim)
	owner, err := w.Register(t.Context(), w.client, auth.NewUser{Username: "owner", Email: victim, Password: secret.NewText(nextPassword)})
	if err != nil {
		t.Fatal(err)
	}
	hers := w.one(t, box, auth.MailActivation, victim)
	_, err = w.ActivateWithPassword(t.Context(), w.client, his.UID, his.Token, secret.NewText(nextPassword))
	wantError(t, "mallory's link, the owner's password", err, auth.ErrWrongPassword)
	_, err = w.ActivateWithPassword(t.Context(), w.client, hers.UID, hers.Token, secret.NewText(goodPassword))
	wantError(t, "the owner's link, mallory's password", err, auth.ErrWrongPassword)
	user, err := w.ActivateWithPassword(t.Context(), w.client, hers.UID, hers.Token, secret.NewText(nextPassword))
	if err != nil || user.ID != owner.ID {
		t.Errorf("the owner's link and password: got %v, %v", user.ID, err)
	}
	_, err = w.Login(t.Context(), w.client, attempt("mallory", goodPassword))
	wantError(t, "mallory", err, auth.ErrLoginInactive)
}
