package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/secret"
)

// verify tells whether a token is good now.
func (e *endpoint) verify(w http.ResponseWriter, r *http.Request) error {
	text, err := e.readToken(w, r)
	if err != nil {
		return err
	}
	if err := e.svc.VerifyToken(r.Context(), text); err != nil {
		return tokenError(err)
	}
	return e.answer(w, r, answerValues{access: text.Reveal()})
}

// blacklist ends the session of a refresh token, by simplejwt's name.
func (e *endpoint) blacklist(w http.ResponseWriter, r *http.Request) error {
	var text secret.Text
	text, err := e.readToken(w, r)
	if err != nil {
		return err
	}
	if err := e.svc.Blacklist(r.Context(), e.client(r), text); err != nil {
		return tokenError(err)
	}
	return e.answer(w, r, answerValues{})
}
