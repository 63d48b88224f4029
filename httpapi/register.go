package httpapi

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// bodyLimit bounds every other request.
const bodyLimit = 64 << 10

// register makes an account. The fields that may be written are listed in profile and here, and nowhere else (mass assignment): what else a
// stranger sends, such as is_staff, is ignored.
func (e *endpoint) register(w http.ResponseWriter, r *http.Request) error {
	user, _, err := e.newAccount(w, r)
	if err != nil {
		return err
	}
	status := e.route.Status
	if e.route.Operation == OpUsers {
		status = http.StatusCreated // its own is the list's
	}
	return writeRaw(w, status, e.userJSON(user, idLast(e.fields)))
}

// signUp makes an account and signs it in at once, unless it has to be activated first.
func (e *endpoint) signUp(w http.ResponseWriter, r *http.Request) error {
	user, n, err := e.newAccount(w, r)
	if err != nil {
		return err
	}
	if user.AwaitsActivation {
		return writeRaw(w, e.route.Status, e.route.answerInactive.fill(func(string) []byte { return nil }))
	}
	login := auth.Login{Identifier: n.Username, Password: n.Password, Remember: true}
	if e.svc.LoginField() == auth.LoginByEmail {
		login.Identifier = n.Email
	}
	return e.signIn(w, r, login)
}

func (e *endpoint) newAccount(w http.ResponseWriter, r *http.Request) (auth.User, auth.NewUser, error) {
	fields, err := readFields(w, r, bodyLimit)
	if err == nil {
		err = e.checkAnonymous(r, fields.csrfToken())
	}
	if err != nil {
		return auth.User{}, auth.NewUser{}, err
	}
	in := e.newInput(fields)
	profile := e.readProfile(in, profileRule{})
	n := auth.NewUser{Email: textOf(profile.Email), FirstName: textOf(profile.FirstName), LastName: textOf(profile.LastName)}
	if e.svc.LoginField() == auth.LoginByEmail {
		n.Email = in.text("email", textRule{Email: true, Max: maxEmail})
	} else {
		n.Username = in.text("username", textRule{Max: maxUsername, Username: true})
	}
	plain := in.text("password", textRule{})
	n.Password = secret.NewText(plain)
	again := e.readAgain(in, "re_password", plain)
	if len(in.problems) > 0 || again.differs {
		return auth.User{}, n, e.refuseRegistration(r, in, n)
	}
	user, err := e.svc.Register(r.Context(), e.client(r), n)
	return user, n, err
}

// refuseRegistration tells all that is wrong at once, as Django REST framework does: with fields also whether the name is taken, and that two passwords
// differ only when nothing else is wrong.
func (e *endpoint) refuseRegistration(r *http.Request, in *input, n auth.NewUser) error {
	login := string(e.svc.LoginField())
	if in.refused(login) {
		return in.err()
	}
	err := e.svc.CheckRegistration(r.Context(), e.client(r), n)
	if len(in.problems) == 0 {
		return cmp.Or(err, errDiffer("password"))
	}
	faults, ok := errors.AsType[*auth.InputError](err)
	if err != nil && !ok {
		return err
	}
	if ok {
		in.addFaults(faults, login)
	}
	return in.err()
}

// idLast is the order in which djoser answers a registration.
func idLast(fields []string) []string {
	var out []string
	for _, f := range fields {
		if f != "id" {
			out = append(out, f)
		}
	}
	return append(out, "id")
}
