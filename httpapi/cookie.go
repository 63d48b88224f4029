package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deployment is where browsers find the server, which decides the names and flags of cookies.
type deployment int

const (
	secureDeployment    deployment = iota // https; the front ends are of the same site
	localhostDeployment                   // http on loopback, for development
	crossSiteDeployment                   // https; front ends of other sites
)

// cookieSpec is everything about a cookie but its value. The empty Name: there is no such cookie, and nothing is set, cleared or read.
type cookieSpec struct {
	Name        string
	Path        string
	Secure      bool
	HTTPOnly    bool
	SameSite    http.SameSite
	Partitioned bool
}

// cookieSet is the cookies of one dialect, and the one of the system before us.
type cookieSet struct{ refresh, access, csrf, pre, hint, foreign cookieSpec }

// The limits of browsers (draft-ietf-httpbis-rfc6265bis, sections 5.5 and 5.6). Above the first they shorten a cookie's life; a cookie
// above the second they drop without a word.
const (
	maxCookieLife = 400 * 24 * time.Hour
	maxCookieSize = 4096
)

// cookieSet decides the cookies of a dialect in this deployment.
func (a *api) cookieSet(d *Dialect) cookieSet {
	set := nativeCookies(a.deployment == localhostDeployment)
	if d.native {
		if a.config.AccessCarrier == AccessInBody {
			set.access = cookieSpec{}
		}
	} else {
		set.hint = cookieSpec{} // their front ends would not know it
		set.refresh, set.access, set.csrf = dialectCookie(d.Cookies.Refresh, true), dialectCookie(d.Cookies.Access, true), dialectCookie(d.Cookies.CSRF, false)
	}
	if a.deployment == crossSiteDeployment {
		set.hint = cookieSpec{} // nor could a page of another site read it
	}
	for _, spec := range []*cookieSpec{&set.refresh, &set.access, &set.csrf, &set.pre, &set.hint} {
		*spec = a.deployed(*spec)
	}
	set.foreign = a.foreignCookie()
	return set
}

// deployed gives a cookie the flags of the deployment.
func (a *api) deployed(spec cookieSpec) cookieSpec {
	spec.Secure = a.deployment != localhostDeployment
	if a.deployment == crossSiteDeployment {
		// Browsers send other cookies to other sites no more, and partitioned ones only where they were set.
		spec.SameSite, spec.Partitioned = http.SameSiteNoneMode, true
	}
	return spec
}

// deviceCookie makes a browser known to the rate limits of an account. No other site can send it along, or it could spend the owner's guesses
// (cross-site lock-out). It stays after the sign-out, for the next sign-in.
func (a *api) deviceCookie() cookieSpec {
	spec := cookieSpec{Name: "__Host-Http-device", Path: "/", HTTPOnly: true, SameSite: http.SameSiteStrictMode}
	if a.deployment == localhostDeployment {
		spec.Name, spec.SameSite = "dev_device", http.SameSiteLaxMode
	}
	return a.deployed(spec)
}

// nativeCookies are Cartouche's own. "__Host-" makes browsers refuse a cookie of that name that a sibling host or plain http sets
// (cookie tossing), and "__Host-Http-" one that a script sets too; such a name needs Secure, Path=/ and no Domain, so plain http has other names.
func nativeCookies(localhost bool) cookieSet {
	set := cookieSet{
		refresh: cookieSpec{Name: "__Host-Http-refresh", Path: "/", HTTPOnly: true, SameSite: http.SameSiteStrictMode},
		access:  cookieSpec{Name: "__Host-Http-access", Path: "/", HTTPOnly: true, SameSite: http.SameSiteLaxMode},
		csrf:    cookieSpec{Name: "__Host-csrf", Path: "/", SameSite: http.SameSiteLaxMode},
		pre:     cookieSpec{Name: "__Host-Http-pre", Path: "/", HTTPOnly: true, SameSite: http.SameSiteLaxMode},
		// Readable by scripts, worth nothing and believed by nobody here: it saves the page of a visitor the question whether he is signed in.
		hint: cookieSpec{Name: "__Host-signed_in", Path: "/", SameSite: http.SameSiteStrictMode},
	}
	if localhost {
		set.refresh.Name, set.access.Name, set.csrf.Name, set.pre.Name = "dev_refresh", "dev_access", "csrftoken", "dev_pre"
		set.hint.Name = "signed_in"
		set.refresh.SameSite, set.hint.SameSite = http.SameSiteLaxMode, http.SameSiteLaxMode
	}
	return set
}

// dialectCookie is a cookie whose name and path a front end expects.
func dialectCookie(c DialectCookie, httpOnly bool) cookieSpec {
	if c.Name == "" {
		return cookieSpec{}
	}
	if c.Path == "" {
		c.Path = "/"
	}
	return cookieSpec{Name: c.Name, Path: c.Path, HTTPOnly: httpOnly, SameSite: http.SameSiteLaxMode}
}

// check reports every mistake in the cookies of a dialect.
func (c DialectCookies) check() error {
	var errs []error
	names := map[string]bool{}
	for _, cookie := range []DialectCookie{c.Access, c.Refresh, c.CSRF} {
		if cookie.Name == "" {
			continue
		}
		example := http.Cookie{Name: cookie.Name, Path: cookie.Path} //nolint:gosec // never set: it only tells whether the name and the path are fit
		if example.Valid() != nil || (cookie.Path != "" && cookie.Path[0] != '/') {
			errs = append(errs, fmt.Errorf("cookie %q: name and path %q do not make a cookie", cookie.Name, cookie.Path))
		}
		if names[cookie.Name] {
			errs = append(errs, fmt.Errorf("cookie %q: is named twice", cookie.Name))
		}
		names[cookie.Name] = true
	}
	if c.CSRF.Name == "" && len(names) > 0 {
		errs = append(errs, errors.New("cookies: csrf: missing, so that no request under the other cookies could prove where it comes from"))
	}
	return errors.Join(errs...)
}

// setCookie sets a cookie. A life of zero is until the browser closes; a negative one takes the cookie back.
func (a *api) setCookie(w http.ResponseWriter, spec cookieSpec, value string, life time.Duration) {
	seconds := int(min(life, maxCookieLife) / time.Second)
	if life > 0 {
		seconds = max(seconds, 1)
	}
	if life < 0 {
		value, seconds = "", -1
	}
	var end time.Time
	if seconds > 0 {
		end = a.svc.Now().Add(time.Duration(seconds) * time.Second)
	}
	spec.write(w, value, seconds, end)
}

// clearCookie takes a cookie back. Browsers take only a cookie of the same name, path and partition as the one that was set, and the
// prefixes want their attributes here too.
func clearCookie(w http.ResponseWriter, spec cookieSpec) { spec.write(w, "", -1, time.Time{}) }

// write says the end of a cookie's life twice, as Django does: Max-Age for all clocks, and Expires for what does not know it.
func (s cookieSpec) write(w http.ResponseWriter, value string, maxAge int, end time.Time) {
	if s.Name == "" {
		return
	}
	if maxAge < 0 {
		end = time.Unix(0, 0)
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the deployment decides the flags: only plain http on loopback goes without Secure
		Name: s.Name, Value: value, Path: s.Path, Expires: end, MaxAge: maxAge, Secure: s.Secure, HttpOnly: s.HTTPOnly, SameSite: s.SameSite, Partitioned: s.Partitioned,
	})
}

// checkCookieSize reports a value that browsers would drop silently, so that a person would seem signed in and not be.
func checkCookieSize(spec cookieSpec, value string) error {
	if size := len(spec.Name) + len(value); spec.Name != "" && size > maxCookieSize {
		return fmt.Errorf("cookie %s has %d bytes, and browsers keep at most %d: put fewer claims into the token", spec.Name, size, maxCookieSize)
	}
	return nil
}

// readCookie finds a cookie of the request. A name that is sent twice is refused: one of the two was planted, say by a sibling host (cookie
// tossing), and nobody can tell which. Names are counted before values are looked at, so that no malformed twin hides behind a parser. Only spaces and
// tabs are cut off, as browsers do: to them U+00A0 or U+2000 before "__Host-" makes another name, which any sibling host may set (prefix bypass).
func readCookie(r *http.Request, name string) (value string, found bool, err error) {
	if name == "" {
		return "", false, nil
	}
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			key, v, _ := strings.Cut(pair, "=")
			if strings.Trim(key, cookieSpace) != name {
				continue
			}
			if found {
				return "", false, errCookieTwice(name)
			}
			value, found = strings.Trim(v, cookieSpace), true
		}
	}
	return value, found, nil
}

const cookieSpace = " \t"
