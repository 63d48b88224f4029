package doctor

import (
	"net/http"
	"strings"
)

func cookieLost(v *visit) (string, bool) { return "", len(v.csrf.cookies) == 0 }

// cookieThat is the first cookie of which something is true, with what is to be said of it.
func cookieThat(v *visit, tell func(*http.Cookie) (string, bool)) (string, bool) {
	for _, c := range v.csrf.cookies {
		if text, wrong := tell(c); wrong {
			return strings.TrimSpace(c.Name + " " + text), true
		}
	}
	return "", false
}

// cookiePath: ours are for every path, and a name with __Host- is for no other.
func cookiePath(v *visit) (string, bool) {
	return cookieThat(v, func(c *http.Cookie) (string, bool) { return "has the path " + quoted(c.Path), c.Path != "/" })
}

func cookieDomain(v *visit) (string, bool) {
	return cookieThat(v, func(c *http.Cookie) (string, bool) { return "has the domain " + quoted(c.Domain), c.Domain != "" })
}

func cookieInsecure(v *visit) (string, bool) {
	return cookieThat(v, func(c *http.Cookie) (string, bool) { return "", v.auth.Scheme == "https" && !c.Secure })
}

func cookieSecure(v *visit) (string, bool) {
	return cookieThat(v, func(c *http.Cookie) (string, bool) { return "", v.auth.Scheme == "http" && c.Secure })
}

// sameSiteLost is about front ends of the same site; those of others are the check cross_site.
func sameSiteLost(v *visit) (string, bool) {
	if v.relation == crossSite {
		return "", false
	}
	return cookieThat(v, func(c *http.Cookie) (string, bool) {
		switch c.SameSite {
		case http.SameSiteLaxMode, http.SameSiteStrictMode:
			return "", false
		case http.SameSiteNoneMode:
			return "has SameSite=None", true
		default:
			return "has no SameSite", true
		}
	})
}
