package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// originPolicy decides from where an unsafe request may come that acts under a cookie or sets one. Origins are compared as exact text.
type originPolicy struct {
	Own       []string // origins of the public URL
	Allowed   []string // further origins that may call with credentials
	CrossSite bool     // Allowed may be of other sites
	https     bool
}

// place is what a header tells of where a request comes from. It is a set, so that a rule can name several.
type place uint8

const (
	nowhere  place = 1 << iota // the header is absent
	own                        // an origin of ours
	listed                     // an allowed origin
	foreign                    // anything else: other, malformed, "null", or sent twice
	anywhere = nowhere | own | listed | foreign
)

// originRule lets requests pass that fit every column.
type originRule struct {
	site    string // Sec-Fetch-Site
	origin  place
	referer place
	only    func(p originPolicy, carriesCookie bool) bool // a further condition; nil: none
}

// originRules is the decision table: what fits no row is refused. So are the rows that need no line: a Sec-Fetch-Site that is unknown or sent
// twice (2), an Origin that is malformed, "null" or sent twice (3), and everything else that a browser says of a stranger's page (5, 7, 9, 12, 14).
//
//nolint:gochecknoglobals // a constant in all but name
var originRules = []originRule{
	{site: "same-origin", origin: nowhere | own | listed, referer: anywhere},                    // 4: listed, where a proxy of the front end's own passes us on
	{site: "same-site", origin: own | listed, referer: anywhere},                                // 6: not every sibling host is ours
	{site: "cross-site", origin: listed, referer: anywhere, only: originPolicy.allowsCrossSite}, // 8
	{site: "none", origin: nowhere | own, referer: anywhere},                                    // 10: a typed address
	{site: "", origin: own | listed, referer: anywhere},                                         // 11: an old browser
	{site: "", origin: nowhere, referer: own | listed},                                          // 13: an older one
	{site: "", origin: nowhere, referer: nowhere, only: originPolicy.allowsSilence},             // 15: no browser, we hope
}

func (p originPolicy) allowsCrossSite(bool) bool { return p.CrossSite }

// allowsSilence: a request that says nothing of its origin must not act under cookies, since some old browser or privacy setting may have
// silenced a stranger's page. Plain http is for development, where browsers say less.
func (p originPolicy) allowsSilence(carriesCookie bool) bool { return !p.https || !carriesCookie }

// check is the origin step, rows 2 to 15 of the decision table; row 1 is that a request with an Authorization header does not act under
// cookies at all (see authenticate). carriesCookie says whether a cookie of ours came along.
func (p originPolicy) check(r *http.Request, carriesCookie bool) error {
	sites, origins, referers := r.Header["Sec-Fetch-Site"], r.Header["Origin"], r.Header["Referer"]
	origin, referer := p.placeOf(origins), p.placeOf(refererOrigins(referers))
	site, known := oneSite(sites)
	for _, rule := range originRules {
		if known && rule.site == site && rule.origin&origin != 0 && rule.referer&referer != 0 && (rule.only == nil || rule.only(p, carriesCookie)) {
			return nil
		}
	}
	switch {
	case origin == foreign:
		return errCSRF(originRefusal(origins...))
	case origin != nowhere: // the origin would do, but not from there
		return errCSRF(originRefusal(strings.Join(origins, ", ") + " (" + strings.Join(sites, ", ") + ")"))
	case len(sites) > 0:
		return errCSRF(originRefusal(sites...))
	default:
		return errCSRF(p.refererRefusal(referers))
	}
}

// oneSite is the value of Sec-Fetch-Site, empty when absent; false when it was sent twice.
func oneSite(sites []string) (string, bool) {
	switch len(sites) {
	case 0:
		return "", true
	case 1:
		return sites[0], sites[0] != ""
	default:
		return "", false
	}
}

// placeOf sorts the values of a header that holds an origin.
func (p originPolicy) placeOf(values []string) place {
	switch {
	case len(values) == 0:
		return nowhere
	case len(values) > 1:
		return foreign
	case slices.Contains(p.Own, values[0]):
		return own
	case slices.Contains(p.Allowed, values[0]):
		return listed
	default:
		return foreign
	}
}

// refererOrigins cuts Referer headers down to their origins; what is no URL stays as it is, and is no origin of ours.
func refererOrigins(referers []string) []string {
	if len(referers) != 1 {
		return referers
	}
	u, err := url.Parse(referers[0])
	if err != nil || u.User != nil { // a browser sends no user, so somebody wants to be misread: https://own@evil
		return []string{""}
	}
	return []string{u.Scheme + "://" + u.Host}
}

// originRefusal is Django's text for a wrong Origin.
func originRefusal(told ...string) string {
	return "Origin checking failed - " + strings.Join(told, ", ") + " does not match any trusted origins."
}

// refererRefusal is Django's text for a wrong Referer.
func (p originPolicy) refererRefusal(referers []string) string {
	if len(referers) == 0 {
		return "Referer checking failed - no Referer."
	}
	u, err := url.Parse(referers[0])
	switch {
	case len(referers) > 1 || err != nil || u.Scheme == "" || u.Host == "":
		return "Referer checking failed - Referer is malformed."
	case p.https && u.Scheme != "https":
		return "Referer checking failed - Referer is insecure while host is secure."
	default:
		return "Referer checking failed - " + referers[0] + " does not match any trusted origins."
	}
}

// parseOrigin checks that a text is an http or https origin exactly as browsers write it in an Origin header (RFC 6454 section 6.2), and answers it.
func parseOrigin(text string) (string, error) {
	scheme, host, found := strings.Cut(text, "://")
	if !found || (scheme != "https" && scheme != "http") {
		return "", fmt.Errorf("%q: must be an exact origin such as https://app.example.com", text)
	}
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name, port = host[:i], host[i+1:]
		if err := checkPort(scheme, port); err != nil {
			return "", fmt.Errorf("%q: %w", text, err)
		}
	}
	if err := checkHost(name); err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return text, nil
}

func checkPort(scheme, port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || n == 0 || strconv.FormatUint(n, 10) != port:
		return errors.New("the port must be a number from 1 to 65535")
	case (scheme == "https" && n == 443) || (scheme == "http" && n == 80):
		return errors.New("browsers leave out the port that is the scheme's default; so must the setting")
	}
	return nil
}

func checkHost(name string) error {
	if inner, bracketed := strings.CutPrefix(name, "["); bracketed {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || addr.Is4In6() || "["+addr.String()+"]" != name {
			return errors.New("an IPv6 address must be in its short form, in brackets")
		}
		return nil
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	}) {
		return errors.New("the host must be in lower-case ASCII (xn-- for others), with no wildcard, path or user: each origin stands by itself")
	}
	labels := strings.Split(name, ".")
	if slices.Contains(labels, "") || len(name) > 253 {
		return errors.New("the host must be a name such as app.example.com")
	}
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' {
		if addr, err := netip.ParseAddr(name); err != nil || addr.String() != name {
			return errors.New("the host must be a name, or an IPv4 address of four decimal numbers")
		}
	}
	return nil
}
