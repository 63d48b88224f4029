package httpapi

import (
	"net/http"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/device"
)

// sessionView is one device in the list of sessions.
type sessionView struct {
	ID                string `json:"id"`
	Current           bool   `json:"current"`
	Label             string `json:"label"`
	Method            string `json:"method"`
	Device            string `json:"device"` // in our words
	UserAgent         string `json:"user_agent"`
	Address           string `json:"address"`
	Place             string `json:"place"`
	CreatedAt         any    `json:"created_at"`
	LastActiveAt      any    `json:"last_active_at"`
	IdleExpiresIn     int64  `json:"idle_expires_in"`
	AbsoluteExpiresIn int64  `json:"absolute_expires_in"`
}

// sessions lists the principal's devices, the asking one first.
func (e *endpoint) sessions(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	list, err := e.listSessions(r, principal)
	if err != nil {
		return bearerError(err)
	}
	return writeJSON(w, http.StatusOK, list)
}

func (a *api) listSessions(r *http.Request, principal auth.Principal) ([]sessionView, error) {
	list, err := a.svc.Sessions(r.Context(), principal)
	if err != nil {
		return nil, err
	}
	now := a.svc.Now()
	first, rest := []sessionView{}, []sessionView{}
	for _, s := range list {
		if s.ID == principal.SessionID {
			first = append(first, a.viewSession(s, true, now))
		} else {
			rest = append(rest, a.viewSession(s, false, now))
		}
	}
	return append(first, rest...), nil
}

func (a *api) viewSession(s auth.Session, current bool, now time.Time) sessionView {
	times := timesOf(s, now)
	return sessionView{
		ID: times.ID, Current: current, Label: s.Label, Method: s.Method, Device: device.Of(s.UserAgent).String(), UserAgent: s.UserAgent,
		Address: s.Address, Place: a.config.Places(s.Address), CreatedAt: timeOrNull(s.CreatedAt), LastActiveAt: timeOrNull(s.ConfirmedAt),
		IdleExpiresIn: times.IdleExpiresIn, AbsoluteExpiresIn: times.AbsoluteExpiresIn,
	}
}

// sessionByID names (PATCH) or ends (DELETE) one of the principal's sessions. A foreign one does not exist.
func (e *endpoint) sessionByID(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	id, err := auth.ParseSessionID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if r.Method == http.MethodPatch {
		return e.labelSession(w, r, principal, id)
	}
	if _, err := readFields(w, r, bodyLimitSmall); err != nil { // nothing is read out of it, but simple types are refused everywhere
		return err
	}
	if err := e.svc.EndSession(r.Context(), e.client(r), principal, id); err != nil {
		return bearerError(err)
	}
	if id == principal.SessionID {
		e.clearCookies(w)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (e *endpoint) labelSession(w http.ResponseWriter, r *http.Request, principal auth.Principal, id auth.SessionID) error {
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	label := in.text("label", textRule{AllowBlank: true})
	if err := in.err(); err != nil {
		return err
	}
	if err := e.svc.LabelSession(r.Context(), e.client(r), principal, id, label); err != nil {
		return bearerError(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// revokeOthers ends every session of the principal but the one that asks.
func (e *endpoint) revokeOthers(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	return e.revokeSessions(w, r, principal, true)
}

// revokeAll ends every session of the principal.
func (e *endpoint) revokeAll(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	return e.revokeSessions(w, r, principal, false)
}

func (e *endpoint) revokeSessions(w http.ResponseWriter, r *http.Request, principal auth.Principal, keepThis bool) error {
	if _, err := readFields(w, r, bodyLimitSmall); err != nil {
		return err
	}
	ended, err := e.svc.EndSessions(r.Context(), e.client(r), principal, keepThis)
	if err != nil {
		return bearerError(err)
	}
	if !keepThis {
		e.clearSite(w)
	}
	return writeJSON(w, http.StatusOK, map[string]int{"ended": ended})
}
