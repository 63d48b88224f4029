package doctor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func certificateRefused(v *visit) (string, bool) {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](v.csrf.err); ok {
		return e.Err.Error(), true
	}
	return "", false
}

func unreachable(v *visit) (string, bool) {
	switch {
	case v.csrf.err != nil:
		cause := v.csrf.err
		for inner := errors.Unwrap(cause); inner != nil; inner = errors.Unwrap(cause) {
			cause = inner
		}
		return cause.Error(), true
	case v.csrf.status == http.StatusBadGateway || v.csrf.status == http.StatusGatewayTimeout:
		return "its proxy says " + status(v.csrf), true
	default:
		return "", false
	}
}

// moved is a redirect to another origin, such as from http to https.
func moved(v *visit) (string, bool) {
	to, err := url.Parse(v.csrf.header.Get("Location"))
	redirect := v.csrf.status >= 300 && v.csrf.status < 400
	if err != nil || !redirect || to.Host == "" || origin(to) == origin(v.auth) {
		return "", false
	}
	return origin(to), true
}

func redirected(v *visit) (string, bool) {
	paths := []struct {
		what string
		answer
	}{
		{"GET " + v.config.Prefix + "csrf/", v.csrf},
		{"GET " + v.config.Prefix + "csrf", v.csrfNoSlash},
		{"OPTIONS " + v.config.Prefix + "login/", v.preflight},
		{"POST " + v.config.Prefix + "login/", v.post},
		{"POST " + v.config.Prefix + "login", v.postNoSlash},
	}
	for _, p := range paths {
		if p.status >= 300 && p.status < 400 {
			return p.what, true
		}
	}
	return "", false
}

func notCartouche(v *visit) (string, bool) {
	if v.csrf.status == http.StatusOK && v.csrf.isJSON("token") {
		return "", false
	}
	return status(v.csrf) + ", " + quoted(v.csrf.header.Get("Content-Type")), true
}

func mixedContent(v *visit) (string, bool) {
	return "", v.app.Scheme == "https" && v.auth.Scheme == "http" && !loopback(v.auth)
}

func plainHTTP(v *visit) (string, bool) { return "", v.auth.Scheme == "http" && !loopback(v.auth) }

// wrongPublicURL: the server refuses a page of this address, where it never refuses one of its own.
func wrongPublicURL(v *visit) (string, bool) {
	text, refused := refusal(v.ownPost)
	return text, refused && strings.Contains(text, "checking failed")
}

func wrongIssuer(v *visit) (string, bool) {
	if v.config.Server == nil || strings.TrimSuffix(v.config.Server.Issuer, "/") == origin(v.auth) {
		return "", false
	}
	return v.config.Server.Issuer, true
}

func originNotAllowed(v *visit) (string, bool) {
	if text, refused := refusal(v.post); refused && !strings.Contains(text, origin(v.app)) {
		return "", false // the server never saw the origin
	}
	return "", v.relation != sameOrigin && !allowed(v.csrf) && !allowed(v.post) && !allowed(v.preflight)
}

// crossSiteRefused: a listed origin of another site is refused, or its cookies are not for other sites.
func crossSiteRefused(v *visit) (string, bool) {
	if v.relation != crossSite {
		return "", false
	}
	_, refused := refusal(v.post)
	_, ownRefused := refusal(v.ownPost)
	if refused && !ownRefused && allowed(v.post) {
		return "", true
	}
	for _, c := range v.csrf.cookies {
		if c.SameSite != http.SameSiteNoneMode {
			return "", true
		}
	}
	return "", false
}

func originRefused(v *visit) (string, bool) {
	if _, site := crossSiteRefused(v); site {
		return "", false
	}
	_, own := wrongPublicURL(v)
	_, unknown := originNotAllowed(v)
	if own || unknown {
		return "", false
	}
	return refusal(v.post)
}

func preflightLost(v *visit) (string, bool) {
	if v.relation == sameOrigin || (!allowed(v.csrf) && !allowed(v.post)) {
		return "", false
	}
	p := v.preflight
	switch {
	case p.status < 200 || p.status > 299:
		return status(p), true
	case !allowed(p):
		return "no Access-Control-Allow-Origin", true
	case !p.has("Access-Control-Allow-Headers", "x-csrftoken"):
		return "X-CSRFToken is not among the allowed headers", true
	case !p.has("Access-Control-Allow-Credentials", "true"):
		return "credentials are not allowed", true
	default:
		return "", false
	}
}

func corsLost(v *visit) (string, bool) {
	if v.relation == sameOrigin || !allowed(v.preflight) {
		return "", false
	}
	for _, a := range []answer{v.csrf, v.post} {
		if !allowed(a) {
			return "Access-Control-Allow-Origin", true
		}
		if !a.has("Access-Control-Allow-Credentials", "true") {
			return "Access-Control-Allow-Credentials", true
		}
	}
	return "", false
}

func corsTwice(v *visit) (string, bool) {
	for _, a := range []answer{v.csrf, v.post, v.preflight} {
		if values := strings.Join(a.header.Values("Access-Control-Allow-Origin"), ", "); values != "" && values != origin(v.app) {
			return quoted(values), true
		}
	}
	return "", false
}

// allowed tells whether a browser lets the page read an answer, or would but for a second header.
func allowed(a answer) bool { return a.header.Get("Access-Control-Allow-Origin") != "" }

// refusal is the server's text when it refuses where a request comes from.
func refusal(a answer) (string, bool) {
	if a.status != http.StatusForbidden || !strings.Contains(string(a.body), "CSRF Failed") {
		return "", false
	}
	text, _, _ := strings.Cut(string(a.body), `","`)
	return quoted(strings.TrimPrefix(text, `{"detail":"CSRF Failed: `)), true
}

func notLive(v *visit) (string, bool) { return status(v.live), v.live.status != http.StatusOK }

func notReady(v *visit) (string, bool) {
	return status(v.ready), v.ready.status == http.StatusServiceUnavailable
}

func noJWKS(v *visit) (string, bool) {
	return status(v.jwks), v.jwks.status != http.StatusOK || !v.jwks.isJSON("keys")
}

func jwksNotCacheable(v *visit) (string, bool) {
	value := v.jwks.header.Get("Cache-Control")
	_, none := noJWKS(v)
	return quoted(value), !none && (!strings.Contains(value, "max-age=") || strings.Contains(value, "max-age=0") || strings.Contains(value, "no-"))
}

func cached(v *visit) (string, bool) {
	for _, name := range []string{"Age", "X-Cache"} {
		if value := v.csrf.header.Get(name); value != "" && value != "0" && !strings.Contains(strings.ToUpper(value), "MISS") {
			return name + ": " + value, true
		}
	}
	value := v.csrf.header.Get("Cache-Control")
	return "Cache-Control: " + value, !strings.Contains(value, "no-store")
}

func status(a answer) string {
	if a.err != nil {
		return "nothing"
	}
	return strings.TrimSpace(fmt.Sprint(a.status, " ", http.StatusText(a.status)))
}

// quoted cuts a stranger's words to a length that fits a sentence.
func quoted(text string) string { return strconv.Quote(text[:min(len(text), 120)]) }
