package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
)

// What fuzzing and published vectors need from inside.
var (
	MaskCSRF      = maskCSRF
	UnmaskCSRF    = unmaskCSRF
	NewCSRFSecret = newCSRFSecret
	ParseOrigin   = parseOrigin
	ReadCookie    = readCookie
)

// BoundCSRF tells whether one of the keys made a CSRF secret for a binding.
func BoundCSRF(keys [][]byte, bare, binding string) bool {
	return csrfChecker{keys: keys}.bound(bare, binding)
}

// ClientOf tells where a request comes from, behind the given proxies.
func ClientOf(r *http.Request, proxies ...string) (auth.Client, error) {
	networks, err := parseProxies(proxies)
	return (&api{proxies: networks}).client(r), err
}
