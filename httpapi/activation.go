package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// readStranger reads the body of a post that needs no credentials, and lets none pass that another site may have caused.
func (e *endpoint) readStranger(w http.ResponseWriter, r *http.Request) (*input, error) {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return nil, err
	}
	return e.newInput(fields), e.checkAnonymous(r, fields.csrfToken())
}

// activate proves the address of a new account.
func (e *endpoint) activate(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readStranger(w, r)
	if err != nil {
		return err
	}
	uid, token, plain := in.text("uid", textRule{}), in.text("token", textRule{}), e.activationPassword(in)
	if err := in.err(); err != nil {
		return err
	}
	if err := e.proveAddress(r, uid, secret.NewText(token), plain); err != nil {
		return err
	}
	return e.answer(w, r, answerValues{})
}

// activationPassword reads the password of the account where the policy asks for it: djoser does not.
func (e *endpoint) activationPassword(in *input) secret.Text {
	if !e.svc.ActivationRequiresPassword() {
		return secret.Text{}
	}
	return secret.NewText(in.text("password", textRule{}))
}

// proveAddress activates the account of a link.
func (e *endpoint) proveAddress(r *http.Request, uid string, token, plain secret.Text) error {
	if !e.svc.ActivationRequiresPassword() {
		_, err := e.svc.Activate(r.Context(), e.client(r), uid, token)
		return err
	}
	_, err := e.svc.ActivateWithPassword(r.Context(), e.client(r), uid, token, plain)
	return aboutPassword(err, wrongPassword)
}

// resendActivation mails a new link to an account that waits for one.
func (e *endpoint) resendActivation(w http.ResponseWriter, r *http.Request) error {
	return e.requestMail(w, r, func(ctx context.Context, client auth.Client, email string) error {
		err := e.svc.ResendActivation(ctx, client, email)
		if errors.Is(err, auth.ErrActivationOff) && e.route.answer != nil {
			return nil // djoser refuses; who has a text for this answers it always
		}
		return err
	})
}

// resetPassword mails a link for a new password.
func (e *endpoint) resetPassword(w http.ResponseWriter, r *http.Request) error {
	return e.requestMail(w, r, e.svc.RequestPasswordReset)
}

// resetIdentifier mails a link for a new login name.
func (e *endpoint) resetIdentifier(w http.ResponseWriter, r *http.Request) error {
	return e.requestMail(w, r, e.svc.RequestIdentifierReset)
}

// requestMail answers the same whether somebody has the address or not (enumeration).
func (e *endpoint) requestMail(w http.ResponseWriter, r *http.Request, request func(context.Context, auth.Client, string) error) error {
	in, err := e.readStranger(w, r)
	if err != nil {
		return err
	}
	address := in.text("email", textRule{Email: true, Max: maxEmail})
	if err := in.err(); err != nil {
		return err
	}
	if err := request(r.Context(), e.client(r), address); err != nil {
		return err
	}
	return e.answer(w, r, answerValues{})
}

// verifyEmail activates an account by the one key that some front ends know: uid and token with a colon between them. A key that is not good does not
// exist.
func (e *endpoint) verifyEmail(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readStranger(w, r)
	if err != nil {
		return err
	}
	uid, token, _ := strings.Cut(in.text("key", textRule{}), ":")
	plain := e.activationPassword(in)
	if err := in.err(); err != nil {
		return err
	}
	err = e.proveAddress(r, uid, secret.NewText(token), plain)
	switch {
	case errors.Is(err, auth.ErrUnknownUID), errors.Is(err, auth.ErrOneTimeToken):
		return errNoRoute()
	case err != nil:
		return err
	}
	return e.answer(w, r, answerValues{})
}
