package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// sessionState is the answer of GET session/.
type sessionState struct {
	Authenticated bool `json:"authenticated"`
	// Reason says why nobody is signed in, to who still holds a genuine token of a session that is over.
	Reason    auth.EndReason `json:"reason,omitempty"`
	CSRFToken string         `json:"csrf_token,omitempty"`
	Session   *sessionTimes  `json:"session,omitempty"`
	User      rawJSON        `json:"user,omitempty"`
}

// sessionTimes are lifetimes in seconds, so that no client needs a right clock.
type sessionTimes struct {
	ID                string `json:"id"`
	IdleExpiresIn     int64  `json:"idle_expires_in"`
	AbsoluteExpiresIn int64  `json:"absolute_expires_in"`
}

func timesOf(s auth.Session, now time.Time) *sessionTimes {
	return &sessionTimes{ID: s.ID.String(), IdleExpiresIn: seconds(s.IdleExpiresAt.Sub(now)), AbsoluteExpiresIn: seconds(s.AbsoluteExpiresAt.Sub(now))}
}

func seconds(d time.Duration) int64 { return max(0, int64(d/time.Second)) }

// session tells a page whether somebody is signed in. Strangers get a 200 too: a page that has just been opened asks this first.
func (e *endpoint) session(w http.ResponseWriter, r *http.Request) error {
	principal, err := e.findPrincipal(r)
	if err != nil {
		return strangerOr(w, err)
	}
	session, user, err := e.svc.CurrentSession(r.Context(), principal)
	if err != nil {
		return strangerOr(w, err)
	}
	state := sessionState{Authenticated: true, Session: timesOf(session, e.svc.Now()), User: e.userJSON(user, e.fields)}
	// The CSRF token belongs to the session of the cookies, which need not be the one that a header names.
	if binding, err := e.cookieBinding(r); err == nil && binding != "" {
		state.CSRFToken = e.renewCSRF(w, r, binding, e.csrfLife(session))
		w.Header()[csrfHeader] = []string{state.CSRFToken}
	}
	return writeJSON(w, http.StatusOK, state)
}

// findPrincipal looks for whoever the request may read as: the header's token, the access cookie's, or the refresh cookie's session.
func (e *endpoint) findPrincipal(r *http.Request) (auth.Principal, error) {
	principal, err := e.authenticate(r)
	if err == nil || hasAuthorization(r) || e.cookies.refresh.Name == "" || errors.Is(err, auth.ErrUnavailable) {
		return principal, err
	}
	value, found, err := readCookie(r, e.cookies.refresh.Name)
	if err != nil {
		return auth.Principal{}, err
	}
	if !found || value == "" {
		return auth.Principal{}, errNotAuthenticated()
	}
	return e.svc.PrincipalOf(r.Context(), secret.NewText(value))
}

// strangerOr answers that nobody is signed in, unless the truth is that we cannot know.
func strangerOr(w http.ResponseWriter, err error) error {
	if errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	return writeJSON(w, http.StatusOK, sessionState{Reason: problemOf(err).reason})
}
