package httpapi

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/http"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// devicesPage is where people see their sessions, name them and end them. It needs no script, and no front end.
type devicesPage struct {
	*pages
	layout *htmltemplate.Template
	jars   []*endpoint // whose refresh cookie signs in here
}

func (p *pages) mountDevices(mux *http.ServeMux) error {
	layout, err := htmltemplate.ParseFS(pageFiles, "pages/devices.html")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	page := &devicesPage{pages: p, layout: layout}
	for _, d := range append([]Dialect{nativeDialect()}, p.config.Dialects...) {
		if e := p.endpoint(&d, Route{Operation: OpSession, Carrier: InCookie}, operation{}); e.cookies.refresh.Name != "" {
			page.jars = append(page.jars, e)
		}
	}
	mountBoth(mux, p.config.Prefix+"devices", page)
	return nil
}

// devicesView is what the page shows.
type devicesView struct {
	Style          htmltemplate.CSS
	Site, SiteURL  string
	Title, Text    string
	Alert, Refresh bool // Refresh: the page asks for itself once more
	CSRF           string
	Devices        []deviceView
}

// deviceView is one session as people see it.
type deviceView struct {
	sessionView
	Name, Opened, Active string
}

// ServeHTTP shows the page, or does what one of its forms asks for.
func (p *devicesPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, POST, HEAD, OPTIONS")
	h.Add("Vary", "Cookie, Sec-Fetch-Site")
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead: // changes nothing
		err = p.get(w, r)
	case http.MethodPost:
		err = p.post(w, r)
	case http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	default:
		err = errMethod(r.Method)
	}
	if err != nil {
		p.refuse(w, r, err)
	}
}

func (p *devicesPage) get(w http.ResponseWriter, r *http.Request) error {
	e, text, err := p.find(r)
	if err != nil {
		return err
	}
	principal, err := e.svc.PrincipalOf(r.Context(), text)
	if err != nil {
		return err
	}
	session, _, err := e.svc.CurrentSession(r.Context(), principal)
	if err != nil {
		return err
	}
	csrf := e.renewCSRF(w, r, session.ID.String(), e.csrfLife(session))
	return p.show(w, r, principal, shown{status: http.StatusOK, csrf: csrf})
}

// find answers the refresh cookie that came along, and whose it is.
func (p *devicesPage) find(r *http.Request) (*endpoint, secret.Text, error) {
	for _, e := range p.jars {
		value, found, err := readCookie(r, e.cookies.refresh.Name)
		if err != nil {
			return nil, secret.Text{}, err
		}
		if found && value != "" {
			return e, secret.NewText(value), nil
		}
	}
	return nil, secret.Text{}, errNotAuthenticated()
}

// shown is what the page shows beside the list.
type shown struct {
	status     int
	csrf, text string
	alert      bool
}

func (p *devicesPage) show(w http.ResponseWriter, r *http.Request, principal auth.Principal, s shown) error {
	list, err := p.listSessions(r, principal)
	if err != nil {
		return err
	}
	view := p.view("Your devices")
	view.Text, view.Alert, view.CSRF = s.text, s.alert, s.csrf
	if view.Text == "" {
		view.Text = "These devices are signed in to your account. If you do not know one of them, sign it out, and choose a new password."
	}
	for _, session := range list {
		view.Devices = append(view.Devices, viewDevice(session))
	}
	p.execute(w, s.status, p.layout, view)
	return nil
}

func (p *devicesPage) view(title string) devicesView {
	return devicesView{Style: p.style, Site: p.config.SiteName, SiteURL: p.config.SiteURL, Title: title}
}

func viewDevice(s sessionView) deviceView {
	d := deviceView{sessionView: s, Name: s.Label, Opened: momentText(s.CreatedAt), Active: momentText(s.LastActiveAt)}
	if d.Name == "" {
		d.Name = s.Device
	}
	if d.Name == "" {
		d.Name = "Unknown device"
	}
	return d
}

// momentText is a point in time for people, who may be in any time zone.
func momentText(moment any) string {
	text, _ := moment.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "unknown"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// refuse tells people what to do instead.
func (p *devicesPage) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem := problemOf(err)
	status := problem.kind().status
	p.logProblem(r, w.Header().Get("X-Request-Id"), answer{problem: problem, status: status})
	view := p.view("Your devices")
	view.Alert = true
	switch {
	case status == http.StatusUnauthorized && p.mayAskAgain(r):
		// A link in a mail or on another site leads here without cookies that are SameSite=Strict. Our own page brings them.
		status, view.Refresh, view.Alert, view.Text = http.StatusOK, true, false, "One moment."
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", p.challenge)
		view.Title, view.Text = "You are signed out", "Sign in, then come back to this page to see your devices."
	case errors.Is(err, auth.ErrUnavailable), status >= http.StatusTooManyRequests, status == http.StatusConflict:
		view.Text = "That is not possible at the moment. Wait a little, and load the page again."
	case status == http.StatusForbidden:
		view.Text = "This page was open for too long, or the request came from somewhere else. Load the page again."
	default:
		view.Text = problem.text()
	}
	p.execute(w, status, p.layout, view)
}

const againQuery = "again"

func (p *devicesPage) mayAskAgain(r *http.Request) bool {
	site, _ := oneSite(r.Header["Sec-Fetch-Site"])
	return r.Method == http.MethodGet && site == "cross-site" && !r.URL.Query().Has(againQuery)
}
