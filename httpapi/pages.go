package httpapi

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	htmltemplate "html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/cartouche-auth/cartouche/secret"
)

//go:embed pages
var pageFiles embed.FS

// pages shows pages in one layout.
type pages struct {
	*api
	layout *htmltemplate.Template
	style  htmltemplate.CSS
	policy []string
}

// mountPages serves the pages.
func (a *api) mountPages(mux *http.ServeMux) error {
	layout, err := htmltemplate.ParseFS(pageFiles, "pages/page.html")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	style, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	site, err := siteOf(a.config)
	if err != nil {
		return err
	}
	a.config.SiteName = site
	sum := sha256.Sum256(style)
	// Nothing but the page's own style and form works: what somebody brought into it could neither run nor send anything away.
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	p := &pages{api: a, layout: layout, style: htmltemplate.CSS(style), policy: []string{policy}} //nolint:gosec // our own file
	if err := p.mountDevices(mux); err != nil {
		return err
	}
	for _, page := range a.linkPages() {
		mountBoth(mux, a.config.Prefix+page.path+"/{uid}/{token}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, page) }))
	}
	return nil
}

// siteOf is what pages call the site.
func siteOf(c Config) (string, error) {
	if c.SiteURL != "" {
		u, err := url.Parse(c.SiteURL)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			return "", fmt.Errorf("site_url: %q: must be a URL such as https://www.example.com", c.SiteURL)
		}
	}
	if c.SiteName != "" {
		return c.SiteName, nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return "", nil //nolint:nilerr // reported as public_url's
	}
	return u.Hostname(), nil
}

// serve shows a page, or does what its form asks for.
func (p *pages) serve(w http.ResponseWriter, r *http.Request, page linkPage) {
	w.Header().Set("Allow", "GET, POST, HEAD, OPTIONS")
	if page.instead != nil && r.URL.Query().Has(insteadQuery) {
		page = *page.instead
	}
	use := linkUse{uid: r.PathValue("uid"), token: secret.NewText(r.PathValue("token"))}
	view := p.view(page)
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead: // changes nothing
		err = p.svc.CheckOneTimeToken(r.Context(), page.purpose, use.uid, use.token)
	case http.MethodPost:
		if err = p.consume(w, r, page, use); err == nil {
			view.Text, view.Button = page.done, ""
		}
	case http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		err = errMethod(r.Method)
	}
	if err == nil {
		p.write(w, http.StatusOK, view)
		return
	}
	p.refuse(w, r, view, err)
}

// consume does what the page is for. The origin step comes first, as for every post of a browser: nobody's page may post a stranger's link in his name.
func (p *pages) consume(w http.ResponseWriter, r *http.Request, page linkPage, use linkUse) error {
	if err := p.origins.check(r, false); err != nil {
		return err
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	in := newInput(fields)
	for _, field := range page.fields {
		use.texts = append(use.texts, in.text(field.Name, p.ruleOf(field)))
	}
	if err := in.err(); err != nil {
		return err
	}
	if err := page.use(p.api, r, use); err != nil {
		return err
	}
	p.knowDevice(w, r, use.uid)
	return nil
}

func (p *pages) ruleOf(field pageField) textRule {
	switch field.Name {
	case "new_username":
		return textRule{Max: maxUsername, Username: true}
	case "new_email":
		return textRule{Max: maxEmail, Email: true}
	default:
		return textRule{}
	}
}

// pageView is what the layout shows. html/template escapes every text where it stands.
type pageView struct {
	Style               htmltemplate.CSS
	Site, SiteURL       string
	Title, Text, Button string
	Alert, Faulty       bool
	Fields              []pageField
	Errors              []string
	Instead             string // the words of a link to the page's other form
}

func (p *pages) view(page linkPage) pageView {
	view := pageView{
		Style: p.style, Site: p.config.SiteName, SiteURL: p.config.SiteURL, Title: page.title, Text: page.text, Button: page.button,
		Fields: append([]pageField(nil), page.fields...),
	}
	if page.instead != nil {
		view.Instead = page.insteadText
	}
	return view
}

// refuse shows what is wrong: beside the fields of the form if it is about them, else instead of the form.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, view pageView, err error) {
	problem := problemOf(err)
	status := problem.kind().status
	p.logProblem(r, w.Header().Get("X-Request-Id"), answer{problem: problem, status: status})
	if problem.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(wholeSeconds(problem.retryAfter), 10))
	}
	view.Faulty = true
	if !view.place(problem.fields) {
		view.Button, view.Alert, view.Text = "", true, refusalText(problem)
	}
	p.write(w, status, view)
}

// place puts messages beside their fields; false: some are about the link, or about none of it.
func (v *pageView) place(problems fieldErrors) bool {
	if len(problems) == 0 {
		return false
	}
	for _, problem := range problems {
		if problem.name == "non_field_errors" {
			v.Errors = append(v.Errors, problem.messages...)
			continue
		}
		found := false
		for i := range v.Fields {
			if v.Fields[i].Name == problem.name {
				v.Fields[i].Errors, found = problem.messages, true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// refusalText is what people read instead of a form.
func refusalText(problem *problem) string {
	switch {
	case len(problem.fields) > 0:
		return "This link does not work any more. It may have been used, or a newer one was sent, or its time is over. Ask for a new one."
	case problem.kind().status >= http.StatusTooManyRequests:
		return "That is not possible at the moment. Wait a little, and open the link again."
	default:
		return problem.text()
	}
}

// write sends a page of the common layout.
func (p *pages) write(w http.ResponseWriter, status int, view pageView) {
	p.execute(w, status, p.layout, view)
}

// execute sends a page. Its own address may have a token in it, so no other site may learn it as a referrer. "no-referrer" would also hide the origin of the
// page's own form, and with it the proof that no other site has posted it (Fetch standard, "append a request Origin header").
func (p *pages) execute(w http.ResponseWriter, status int, layout *htmltemplate.Template, view any) {
	var out bytes.Buffer
	if err := layout.Execute(&out, view); err != nil {
		panic(fmt.Sprintf("page: %v", err))
	}
	h := w.Header()
	h["Content-Security-Policy"] = p.policy
	h.Set("Referrer-Policy", "same-origin")
	h["Cross-Origin-Opener-Policy"] = sameOrigin // a page of another site that opens it holds no handle on its window, to lead it elsewhere
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the connection's error: the reader is gone
}
