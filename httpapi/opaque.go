package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// tokenWord stands before opaque tokens in Authorization. It is accepted whatever the other words are.
const tokenWord = "Token"

// tokenLogin signs in for front ends that keep one opaque token. As with djoser, an absent field is a refused sign-in, and not a fault of the field;
// a route with names of its own has their rules.
func (e *endpoint) tokenLogin(w http.ResponseWriter, r *http.Request) error {
	if len(e.route.LoginBy) > 0 {
		return e.login(w, r)
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	login := auth.Login{
		Password:   secret.NewText(in.text("password", textRule{Optional: true, Max: maxPassword})),
		Identifier: in.text(string(e.svc.LoginField()), textRule{Optional: true}),
	}
	if err := in.err(); err != nil {
		return err
	}
	if login.Password.Empty() || login.Identifier == "" {
		return auth.ErrBadCredentials
	}
	return e.signIn(w, r, login)
}

// tokenLogout ends the session of the token that the request came with, and no other.
func (e *endpoint) tokenLogout(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	if _, err := readFields(w, r, bodyLimitSmall); err != nil { // nothing is read out of it, but simple types are refused everywhere
		return err
	}
	err := e.svc.EndSession(r.Context(), e.client(r), principal, principal.SessionID)
	if err != nil && !errors.Is(err, auth.ErrNotFound) { // ended meanwhile
		return bearerError(err)
	}
	if !hasAuthorization(r) {
		e.clearCookies(w)
	}
	return e.answer(w, r, answerValues{})
}

// errTokenHeader is Django REST framework's word on a header after "Token" that holds anything but one token.
func errTokenHeader(rest string) error {
	what := "No credentials provided."
	switch {
	case strings.ContainsAny(rest, " \t"):
		what = "Token string should not contain spaces."
	case !utf8.ValidString(rest):
		what = "Token string should not contain invalid characters."
	case rest != "":
		return nil
	}
	return &problem{code: "bad_authorization_header", detail: "Invalid token header. " + what}
}

// opaqueError says of an opaque token what Django REST framework's authenticator says.
func opaqueError(err error) error {
	switch {
	case errors.Is(err, auth.ErrTokenInvalid):
		return &problem{code: "token_not_valid", detail: "Invalid token.", cause: err}
	case errors.Is(err, auth.ErrUserInactive):
		return &problem{code: "user_inactive", detail: "User inactive or deleted.", cause: err}
	default:
		return err
	}
}
