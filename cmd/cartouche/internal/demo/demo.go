// Package demo is the page of cartouche serve --dev: a small front end that shows a newcomer what happens, and a front-end developer how it is done.
// It is never part of a server in production.
package demo

import (
	"bytes"
	"embed"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/mail"
)

//go:embed page
var files embed.FS

// Page says what the page has to know about the server.
type Page struct {
	Prefix  string       // path of the native routes
	ByEmail bool         // people sign in by address
	Mails   *mail.Memory // what was sent; nil: mails leave the machine
}

// Handler serves the page at / and everything else by api. It answers only requests that name this machine.
func Handler(api http.Handler, page Page) (http.Handler, error) {
	index, err := template.ParseFS(files, "page/demo.html")
	if err != nil {
		return nil, err
	}
	var html bytes.Buffer
	if err := index.Execute(&html, page); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("GET /{$}", protect(serve("demo.html", html.Bytes())))
	for _, name := range []string{"demo.js", "demo.css", "demo.svg"} {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, err
		}
		mux.Handle("GET /"+name, protect(serve(name, text)))
	}
	if page.Mails != nil {
		list, err := template.ParseFS(files, "page/mails.html")
		if err != nil {
			return nil, err
		}
		mux.Handle("GET /mails", protect(showMails(list, page.Mails)))
	}
	return onlyHere(mux), nil
}

// shownMail is one mail on the page of mails.
type shownMail struct{ To, Subject, Text, Link, When string }

// showMails lists the mails that were sent, the newest first.
func showMails(list *template.Template, mails *mail.Memory) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var shown []shownMail
		for _, m := range slices.Backward(mails.All()) {
			shown = append(shown, shownMail{m.To, m.Subject, m.Text.Reveal(), m.Link.Reveal(), m.At.UTC().Format("15:04:05 UTC")})
		}
		var html bytes.Buffer
		if err := list.Execute(&html, shown); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html.Bytes()) // the connection's error: the reader is gone
	})
}

func serve(name string, text []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
	})
}

// policy lets the page load and call itself and nothing else: a script that somebody brought into it could not run, and not send anything away.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// onlyHere refuses requests by any other name than this machine's. A site that lets its own name point to 127.0.0.1 would otherwise be of
// the same origin as this server, in the developer's own browser (DNS rebinding).
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !here(r.Host) {
			http.Error(w, "This development server answers to localhost only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func here(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}
