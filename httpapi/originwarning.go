package httpapi

import "net/url"

// warnAboutOrigins tells of allowed origins whose pages will never be signed in, because browsers take them for another site than the public URL's and send
// it no cookies: people see a sign-in that succeeds and is forgotten at once. Two spellings of this machine are two sites, and so are two schemes.
func (a *api) warnAboutOrigins() {
	for _, origin := range a.config.AllowedOrigins {
		if why := otherSite(origin, a.config.PublicURL); why != "" && !a.config.CrossSite {
			a.log.Warn("allowed_origins: pages of this origin will not stay signed in", "why", why, "origin", origin, "public_url", a.config.PublicURL)
		}
	}
}

// otherSite says why browsers take two URLs for two sites; empty where it does not look so.
func otherSite(origin, publicURL string) string {
	o, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	p, err := url.Parse(publicURL)
	switch {
	case err != nil:
		return ""
	case o.Scheme != p.Scheme:
		return "browsers send cookies from a page to another scheme no more; use " + p.Scheme + " for both"
	case isLoopback(o.Hostname()) != isLoopback(p.Hostname()), isLoopback(o.Hostname()) && o.Hostname() != p.Hostname():
		return "to browsers " + o.Hostname() + " and " + p.Hostname() + " are two sites; use one name for both"
	default:
		return ""
	}
}
