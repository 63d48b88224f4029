package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// bodyLimitSmall bounds the requests that carry credentials or one token.
const bodyLimitSmall = 8 << 10

// maxPassword bounds the password of a sign-in, so that an endless one is refused before anybody works on it. It leaves room for the longest good
// one, which can be up to three times longer before it is normalised.
const maxPassword = 4 * password.MaxLength

// login signs in. Credentials that come along, good or stale, are ignored: a dead cookie must not keep anybody from signing in.
func (e *endpoint) login(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readLogin(w, r)
	if err != nil {
		return err
	}
	return e.signIn(w, r, in)
}

// signIn opens a session, of an opaque token where the operation is one that hands those out.
func (e *endpoint) signIn(w http.ResponseWriter, r *http.Request, in auth.Login) error {
	if e.route.Operation == OpTokenLogin || e.route.Operation == OpTokenSignUp {
		text, err := e.svc.LoginOpaque(r.Context(), e.client(r), in)
		if err != nil {
			return err
		}
		return e.answer(w, r, answerValues{access: text.Reveal()})
	}
	grant, err := e.svc.Login(r.Context(), e.client(r), in)
	if err != nil {
		return err
	}
	if e.route.Carrier == InCookie { // what somebody else left in this browser, or planted there (fixation), must not sign him in when this session is over
		if err := e.endForeign(w, r); err != nil {
			return err
		}
	}
	return e.handOut(w, r, grant)
}

// slidingLogin signs in for front ends that know one token only.
func (e *endpoint) slidingLogin(w http.ResponseWriter, r *http.Request) error {
	in, err := e.readLogin(w, r)
	if err != nil {
		return err
	}
	grant, err := e.svc.LoginSliding(r.Context(), e.client(r), in, e.sliding())
	if err != nil {
		return err
	}
	return e.answer(w, r, answerValues{grant: &grant})
}

// slidingRefresh exchanges a sliding token.
func (e *endpoint) slidingRefresh(w http.ResponseWriter, r *http.Request) error {
	text, err := e.readToken(w, r)
	if err != nil {
		return err
	}
	grant, err := e.svc.Slide(r.Context(), text, e.sliding())
	if err != nil {
		return tokenError(err)
	}
	return e.answer(w, r, answerValues{grant: &grant})
}

func (e *endpoint) sliding() auth.Sliding {
	s := e.dialect.Sliding
	return auth.Sliding{Lifetime: s.Lifetime, Window: s.Window, Original: s.Original}
}

func (e *endpoint) readLogin(w http.ResponseWriter, r *http.Request) (auth.Login, error) {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return auth.Login{}, err
	}
	if e.route.Carrier == InCookie {
		if err := e.checkAnonymous(r, fields.csrfToken()); err != nil {
			return auth.Login{}, err
		}
	}
	in := e.newInput(fields)
	login := e.readLoginName(in)
	login.Password = secret.NewText(in.text("password", textRule{Max: maxPassword}))
	login.Remember = in.boolean("remember", !e.dialect.native || e.route.Carrier != InCookie)
	if len(in.problems) == 0 && login.Identifier == "" {
		in.refuse("non_field_errors", e.nameMissing())
	}
	return login, in.err()
}

// readToken reads the one token that a request brings in its body.
func (e *endpoint) readToken(w http.ResponseWriter, r *http.Request) (secret.Text, error) {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return secret.Text{}, err
	}
	in := e.newInput(fields)
	text := in.text(e.route.Field, textRule{})
	return secret.NewText(text), in.err()
}
