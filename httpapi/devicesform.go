package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
)

// post does what a form of the page asks for. The checks are those of every route that acts under cookies; and the refresh token is exchanged, so that one
// which was spent long ago, and may have been stolen then, ends no session but its own.
func (p *devicesPage) post(w http.ResponseWriter, r *http.Request) error {
	e, text, err := p.find(r)
	if err != nil {
		return err
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	if err := e.checkCrossSite(r, e.binding(text), fields.csrfToken()); err != nil {
		return err
	}
	grant, err := e.svc.Refresh(r.Context(), e.client(r), text)
	if err != nil {
		return err
	}
	csrf, err := e.setGrantCookies(w, r, grant)
	if err != nil {
		return err
	}
	principal := auth.Principal{UserID: grant.Session.UserID, SessionID: grant.Session.ID}
	done, err := p.act(r, principal, newInput(fields))
	if err == nil && done.signedOut {
		w.Header().Del("Set-Cookie") // those of the grant
		if done.everywhere {
			e.clearSite(w)
		} else {
			e.clearCookies(w)
		}
		view := p.view("You are signed out")
		view.Text = done.text
		p.execute(w, http.StatusOK, p.layout, view)
		return nil
	}
	result := shown{status: http.StatusOK, csrf: csrf, text: done.text}
	if err != nil {
		result.status, result.text, result.alert = problemOf(err).kind().status, formFault(err), true
		if result.text == "" {
			return err
		}
	}
	return p.show(w, r, principal, result)
}

// done is what a form has done.
type done struct {
	text       string
	signedOut  bool // this device too
	everywhere bool
}

// act carries a form out. Another's session is one that does not exist.
func (p *devicesPage) act(r *http.Request, principal auth.Principal, in *input) (done, error) {
	inSomeForms := textRule{Optional: true, AllowBlank: true}
	action, id, label := in.text("action", textRule{}), in.text("session", inSomeForms), in.text("label", inSomeForms)
	if err := in.err(); err != nil {
		return done{}, err
	}
	switch action {
	case "others":
		_, err := p.svc.EndSessions(r.Context(), p.client(r), principal, true)
		return done{text: "All other devices are signed out."}, err
	case "all":
		_, err := p.svc.EndSessions(r.Context(), p.client(r), principal, false)
		return done{text: "Every device is signed out, this one too.", signedOut: true, everywhere: true}, err
	}
	session, err := auth.ParseSessionID(id)
	if err != nil {
		return done{}, err
	}
	switch action {
	case "rename":
		return done{text: "The name is changed."}, p.svc.LabelSession(r.Context(), p.client(r), principal, session, label)
	case "end":
		err := p.svc.EndSession(r.Context(), p.client(r), principal, session)
		if session == principal.SessionID {
			return done{text: "This device is signed out.", signedOut: true}, err
		}
		return done{text: "The device is signed out."}, err
	default:
		return done{}, &problem{code: "parse_error"}
	}
}

// formFault is what people read above the list; empty: the list cannot be shown either.
func formFault(err error) string {
	if _, ok := errors.AsType[*auth.InputError](err); ok {
		return "A name may have 100 characters at most."
	}
	if errors.Is(err, auth.ErrNotFound) {
		return "That device is signed out already."
	}
	return ""
}
