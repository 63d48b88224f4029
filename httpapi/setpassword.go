package httpapi

import (
	"cmp"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// setPassword changes the password of the principal, who has to prove the current one. Every other session ends.
func (e *endpoint) setPassword(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	next := in.text("new_password", textRule{})
	again := e.readAgain(in, "re_new_password", next)
	current := in.text("current_password", textRule{Max: maxPassword})
	if len(in.problems) > 0 || again.differs {
		return e.refuseSetPassword(r, principal, in, [2]string{current, next})
	}
	err = e.svc.SetPassword(r.Context(), e.client(r), principal, secret.NewText(current), secret.NewText(next))
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{})
}

// refuseSetPassword tells all that is wrong at once, in djoser's order: the fields, then the new password, then that its two spellings differ.
func (e *endpoint) refuseSetPassword(r *http.Request, principal auth.Principal, in *input, texts [2]string) error {
	if err := e.proveCurrent(r, principal, in, texts[0]); err != nil {
		return err
	}
	if err := in.err(); err != nil {
		return err
	}
	user, err := e.svc.Whoami(r.Context(), principal)
	if err != nil {
		return bearerError(err)
	}
	return cmp.Or(e.svc.CheckPassword("new_password", secret.NewText(texts[1]), user), errDiffer("password"))
}

// confirmPasswordReset gives the account of a mailed link a new password. Nobody is signed in by it.
func (e *endpoint) confirmPasswordReset(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readStranger(w, r)
	if err != nil {
		return err
	}
	uid, token := in.text("uid", textRule{}), in.text("token", textRule{})
	next := in.text("new_password", textRule{})
	again := e.readAgain(in, "re_new_password", next)
	if err := in.err(); err != nil {
		return err
	}
	// djoser reports a weak password before a bad link. Whose it is nobody knows yet, so the account is looked at later.
	if err := e.svc.CheckPassword("new_password", secret.NewText(next), auth.User{}); err != nil {
		return err
	}
	if again.differs {
		return errDiffer("password")
	}
	if err := e.svc.ConfirmPasswordReset(r.Context(), e.client(r), uid, secret.NewText(token), secret.NewText(next)); err != nil {
		return err
	}
	e.knowDevice(w, r, uid)
	return e.answer(w, r, answerValues{})
}
