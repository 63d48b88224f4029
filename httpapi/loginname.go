package httpapi

import (
	"slices"

	"github.com/cartouche-auth/cartouche/auth"
)

// readLoginName reads by what a sign-in names its user, and leaves the identifier empty where it does not. An address comes before a username.
func (e *endpoint) readLoginName(in *input) auth.Login {
	if len(e.route.LoginBy) == 0 {
		return auth.Login{Identifier: in.text(string(e.svc.LoginField()), textRule{})}
	}
	username := in.text("username", textRule{Optional: true, AllowBlank: true})
	address := in.text("email", textRule{Optional: true, AllowBlank: true, Email: true})
	byUsername, byEmail := e.loginBy()
	switch {
	case byEmail && address != "":
		return auth.Login{Identifier: address, By: auth.LoginByEmail}
	case byUsername && byEmail: // front ends with one field for both send a username
		return auth.Login{Identifier: username, By: auth.LoginByEither}
	case byUsername:
		return auth.Login{Identifier: username}
	default:
		return auth.Login{}
	}
}

// loginBy tells which names a route takes that has LoginBy: usernames name nobody for sure where people sign in by address, which is taken then whatever
// the route says.
func (e *endpoint) loginBy() (byUsername, byEmail bool) {
	if e.svc.LoginField() == auth.LoginByEmail {
		return false, true
	}
	return slices.Contains(e.route.LoginBy, "username"), slices.Contains(e.route.LoginBy, "email")
}

// nameMissing is dj-rest-auth's word on a sign-in that names nobody.
func (e *endpoint) nameMissing() string {
	switch byUsername, byEmail := e.loginBy(); {
	case byUsername && byEmail:
		return `Must include either "username" or "email" and "password".`
	case byEmail:
		return `Must include "email" and "password".`
	default:
		return `Must include "username" and "password".`
	}
}
