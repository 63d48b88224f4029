package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// readIdentifier reads a new login name, and its second spelling where that is asked for.
func (e *endpoint) readIdentifier(in *input) (next string, second again) {
	field := string(e.svc.LoginField())
	rule := textRule{Max: maxUsername, Username: true}
	if e.svc.LoginField() == auth.LoginByEmail {
		rule = textRule{Max: maxEmail, Email: true}
	}
	next = in.text("new_"+field, rule)
	return next, e.readAgain(in, "re_new_"+field, next)
}

// setIdentifier changes the name by which the principal signs in, who has to prove the current password.
func (e *endpoint) setIdentifier(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	current := in.text("current_password", textRule{Max: maxPassword})
	next, again := e.readIdentifier(in)
	if len(in.problems) == 0 && !again.differs {
		err = e.svc.SetIdentifier(r.Context(), e.client(r), principal, secret.NewText(current), next)
		switch {
		case err == nil:
			return e.answer(w, r, answerValues{})
		case !errors.Is(err, auth.ErrWrongPassword):
			return bearerError(err)
		}
		in.refuse("current_password", wrongPassword)
	}
	return e.refuseSetIdentifier(r, principal, in, [2]string{current, next})
}

// refuseSetIdentifier tells all that is wrong at once, as Django REST framework does.
func (e *endpoint) refuseSetIdentifier(r *http.Request, principal auth.Principal, in *input, texts [2]string) error {
	if err := e.proveCurrent(r, principal, in, texts[0]); err != nil {
		return err
	}
	field := string(e.svc.LoginField())
	if !in.refused("new_" + field) {
		err := e.svc.CheckIdentifier(r.Context(), principal, texts[1])
		faults, ok := errors.AsType[*auth.InputError](err)
		if err != nil && !ok {
			return bearerError(err)
		}
		if ok {
			in.addFaults(faults, "new_"+field)
		}
	}
	if err := in.err(); err != nil {
		return err
	}
	return errDiffer(field)
}

// confirmIdentifierReset gives the account of a mailed link another login name. djoser does not ask for uid and token as fields, and reports an absent
// one like a wrong one. Whether the name is taken is told only to who has a good link: with addresses, others would learn who has an account.
func (e *endpoint) confirmIdentifierReset(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readStranger(w, r)
	if err != nil {
		return err
	}
	next, again := e.readIdentifier(in)
	uid, token := in.text("uid", textRule{Optional: true, AllowBlank: true}), in.text("token", textRule{Optional: true, AllowBlank: true})
	if err := in.err(); err != nil {
		return err
	}
	if again.differs {
		return errDiffer(string(e.svc.LoginField()))
	}
	if err := e.svc.ConfirmIdentifierReset(r.Context(), e.client(r), uid, secret.NewText(token), next); err != nil {
		return err
	}
	return e.answer(w, r, answerValues{})
}
