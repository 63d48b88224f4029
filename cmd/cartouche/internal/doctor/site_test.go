package doctor_test

import (
	"testing"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/doctor"
)

func TestWhatBrowsersTakeForOneSite(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ app, auth, want string }{
		{"https://example.com", "https://example.com:443/path", "same-origin"},
		{"https://APP.example.com", "https://app.example.com", "same-origin"},
		{"https://app.example.com", "https://auth.example.com:8443", "same-site"},
		{"https://app.shop.example.co.uk", "https://auth.example.co.uk", "same-site"},
		{"https://one.co.uk", "https://two.co.uk", "cross-site"},
		{"https://ada.github.io", "https://auth.github.io", "cross-site"}, // whoever likes has a name below github.io
		{"http://app.example.com", "https://auth.example.com", "cross-site"},
		{"http://localhost:3000", "http://localhost:8080", "same-site"},
		{"http://localhost:3000", "http://127.0.0.1:3000", "cross-site"},
		{"http://127.0.0.1:3000", "http://127.0.0.1:8080", "same-site"},
		{"http://127.0.0.2", "http://127.0.0.1", "cross-site"},
		{"http://[::1]:3000", "http://[::1]:8080", "same-site"},
		{"https://intranet", "https://intranet:8443", "same-site"},
	} {
		if got := doctor.Relation(test.app, test.auth); got != test.want {
			t.Errorf("from %s to %s: got %s, want %s", test.app, test.auth, got, test.want)
		}
	}
}
