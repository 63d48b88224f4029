package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// again is the second spelling of something that people have to type twice.
type again struct{ differs bool }

// readAgain reads the second spelling, where the setting asks for one.
func (e *endpoint) readAgain(in *input, name, first string) again {
	if _, named := e.route.Fields[name]; !named && !e.config.Retype {
		return again{}
	}
	return again{in.text(name, textRule{}) != first}
}

// errDiffer is djoser's word on two spellings that differ.
func errDiffer(what string) error {
	return &problem{code: "invalid", fields: oneField("non_field_errors", "The two "+what+" fields didn't match.")}
}

// addFaults adds what the domain found wrong with one field.
func (in *input) addFaults(e *auth.InputError, field string) {
	for _, p := range inputProblem(e).fields {
		if p.name == field && !in.refused(field) {
			in.refuse(p.name, p.messages...)
		}
	}
}

// proveCurrent checks the current password of a request that is refused anyhow, because a wrong one is reported together with the other fields. It
// counts like every other guess.
func (e *endpoint) proveCurrent(r *http.Request, principal auth.Principal, in *input, current string) error {
	if in.refused("current_password") {
		return nil
	}
	err := e.svc.ProvePassword(r.Context(), e.client(r), principal, secret.NewText(current))
	if errors.Is(err, auth.ErrWrongPassword) {
		in.refuse("current_password", wrongPassword)
		return nil
	}
	return bearerError(err)
}
