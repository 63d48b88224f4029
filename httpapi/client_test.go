package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	const proxy = "10.0.0.1:5000"
	for _, c := range []struct {
		name, remote    string
		forwarded       []string
		proxies         []string
		address, bucket string
	}{
		{"straight", "192.0.2.7:1234", nil, nil, "192.0.2.7", "192.0.2.7"},
		{"header from nobody we know", "192.0.2.7:1234", []string{"198.51.100.1"}, []string{"10.0.0.0/8"}, "192.0.2.7", "192.0.2.7"},
		{"behind a proxy", proxy, []string{"198.51.100.1"}, []string{"10.0.0.1"}, "198.51.100.1", "198.51.100.1"},
		{"left part is made up", proxy, []string{"203.0.113.9, 198.51.100.1"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"left part is made up in a header of its own", proxy, []string{"203.0.113.9", "198.51.100.1"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"two proxies", proxy, []string{"203.0.113.9, 198.51.100.1, 10.0.0.2"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"the client says that he is a proxy", proxy, []string{"203.0.113.9, 10.9.9.9, 198.51.100.1"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"proxies only", proxy, []string{"10.0.0.3, 10.0.0.2"}, []string{"10.0.0.0/8"}, "10.0.0.3", "10.0.0.3"},
		{"proxy that says nothing", proxy, nil, []string{"10.0.0.0/8"}, "10.0.0.1", "10.0.0.1"},
		{"proxy that says nonsense", proxy, []string{"198.51.100.1, unknown"}, []string{"10.0.0.0/8"}, "10.0.0.1", "10.0.0.1"},
		{"proxy that adds the port", proxy, []string{"198.51.100.1:4711"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"proxy that adds the port to IPv6", proxy, []string{"[2001:db8::1]:4711"}, []string{"10.0.0.0/8"}, "2001:db8::1", "2001:db8::/64"},
		{"IPv6", "[2001:DB8:0:0:1:2:3:4]:1234", nil, nil, "2001:db8::1:2:3:4", "2001:db8::/64"},
		{"IPv4 mapped into IPv6", "[::ffff:192.0.2.7]:1234", nil, nil, "192.0.2.7", "192.0.2.7"},
		{"IPv4 mapped into IPv6, in hexadecimal", "[::FFFF:C000:0207]:1234", nil, nil, "192.0.2.7", "192.0.2.7"},
		{"mapped proxy", "[::ffff:10.0.0.1]:1234", []string{"::ffff:198.51.100.1"}, []string{"10.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		{"proxies written as mapped", proxy, []string{"198.51.100.1"}, []string{"::ffff:10.0.0.0/104"}, "198.51.100.1", "198.51.100.1"},
		{"zone", "[fe80::1%eth0]:1234", nil, nil, "fe80::1", "fe80::/64"},
		{"zone in the header", proxy, []string{"fe80::2%25eth1"}, []string{"10.0.0.0/8"}, "fe80::2", "fe80::/64"},
		{"Unix socket", "@", []string{"198.51.100.1"}, nil, "", "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.remote
			r.Header["X-Forwarded-For"] = c.forwarded
			got, err := httpapi.ClientOf(r, c.proxies...)
			if err != nil {
				t.Fatalf("ClientOf: %v", err)
			}
			if got.Address != c.address || got.Bucket != c.bucket {
				t.Errorf("ClientOf: got %s in bucket %s, want %s in bucket %s", got.Address, got.Bucket, c.address, c.bucket)
			}
		})
	}
}

func TestUserAgentIsText(t *testing.T) {
	t.Parallel()
	for _, agent := range []string{"\xff\xfe", strings.Repeat("ä", 300), strings.Repeat("a", 511) + "ä", ""} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("User-Agent", agent)
		got, err := httpapi.ClientOf(r)
		if err != nil || !utf8.ValidString(got.UserAgent) || len(got.UserAgent) > 512 {
			t.Errorf("ClientOf: User-Agent %q becomes %q (%v), want at most 512 bytes of UTF-8", agent, got.UserAgent, err)
		}
	}
}

func TestSettingsRefuseUnsafeProxies(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpapi.Config{PublicURL: ownURL})
	for _, proxy := range []string{"0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "proxy.example.com", "10.0.0.0/33", "fe80::1%eth0", "", "10.0.0.1:80"} {
		_, err := httpapi.New(s.svc, httpapi.Config{PublicURL: ownURL, TrustedProxies: []string{"10.0.0.1", proxy}})
		if err == nil || !strings.Contains(err.Error(), "trusted_proxies") {
			t.Errorf("trusted_proxies %q: got error %v, want one that names the setting", proxy, err)
		}
	}
}

// guesses signs in with a wrong password, the nth time as from says, until it is told to wait; it answers after how many.
func (s *site) guesses(t *testing.T, from func(n int, r *http.Request)) int {
	t.Helper()
	for n := range maxGuesses {
		body := credentials(fmt.Sprintf("nobody-%d", n), "wrong horse 99") // another name each time, so that the address alone counts
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/jwt/create/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		from(n, r)
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusUnauthorized:
		case http.StatusTooManyRequests:
			return n
		default:
			t.Fatalf("guess %d: got %d %s, want 401 or 429", n, w.Code, w.Body)
		}
	}
	return maxGuesses
}

const (
	guessBurst = 5
	maxGuesses = 20
)

func limitedSite(t *testing.T, proxies ...string) *site {
	t.Helper()
	return newSite(t, httpapi.Config{PublicURL: ownURL, TrustedProxies: proxies}, func(c *auth.Config) {
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.FailedLoginsPerAddress = auth.Rate{Burst: guessBurst, Interval: time.Minute}
	})
}

// TestForwardedHeaderSpoofing is the attack that makes up another source for every guess.
func TestForwardedHeaderSpoofing(t *testing.T) {
	t.Parallel()
	names := []string{
		"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X_Forwarded_For", "X-Forwarded_For",
		"x-forwarded-for", "X-Cluster-Client-Ip", "X-Original-Forwarded-For", "X_Real_IP", "True_Client_IP", "CF_Connecting_IP", "X_Client_IP",
	}
	for _, name := range names {
		s := limitedSite(t)
		if got := s.guesses(t, func(n int, r *http.Request) {
			r.RemoteAddr = "192.0.2.7:1234"
			r.Header[name] = []string{fmt.Sprintf("198.51.100.%d", n)}
		}); got != guessBurst {
			t.Errorf("%s from a client: told to wait after %d guesses, want %d", name, got, guessBurst)
		}
		s = limitedSite(t, "127.0.0.1")
		if got := s.guesses(t, func(n int, r *http.Request) {
			r.RemoteAddr = "127.0.0.1:1234"
			made := fmt.Sprintf("198.51.100.%d", n)
			if http.CanonicalHeaderKey(name) == "X-Forwarded-For" {
				r.Header["X-Forwarded-For"] = []string{made + ", 192.0.2.7"}
				return
			}
			r.Header[name] = []string{made}
			r.Header["X-Forwarded-For"] = []string{"192.0.2.7"}
		}); got != guessBurst {
			t.Errorf("%s through a listed proxy: told to wait after %d guesses, want %d", name, got, guessBurst)
		}
	}
	s := limitedSite(t, "127.0.0.1")
	if got := s.guesses(t, func(n int, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header["X-Forwarded-For"] = []string{fmt.Sprintf("198.51.100.%d", n)}
	}); got != maxGuesses {
		t.Errorf("20 clients behind a listed proxy: told to wait after %d guesses, want never", got)
	}
}

// TestAddressRotation is the attack that spells one source in many ways, or uses up its whole IPv6 network.
func TestAddressRotation(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(n int) string{
		"one IPv6 network": func(n int) string { return fmt.Sprintf("[2001:db8:1:2:%x:%x::%x]:1234", n, n*7, n*n) },
		"spellings of IPv6": func(n int) string {
			return []string{"[2001:db8::1]:1", "[2001:DB8::1]:2", "[2001:db8:0:0:0:0:0:1]:3", "[2001:0db8::0001%eth0]:4", "[2001:db8:0::1%x]:5"}[n%5]
		},
		"spellings of IPv4": func(n int) string {
			return []string{"127.0.0.1:1", "[::ffff:127.0.0.1]:2", "[::FFFF:7F00:1]:3", "[0:0:0:0:0:ffff:127.0.0.1]:4", "[::ffff:127.0.0.1%lo]:5"}[n%5]
		},
		"no address": func(int) string { return "@" },
	} {
		s := limitedSite(t)
		if got := s.guesses(t, func(n int, r *http.Request) { r.RemoteAddr = address(n) }); got != guessBurst {
			t.Errorf("%s: told to wait after %d guesses, want %d", name, got, guessBurst)
		}
	}
	s := limitedSite(t)
	if got := s.guesses(t, func(n int, r *http.Request) { r.RemoteAddr = fmt.Sprintf("[2001:db8:1:%x::1]:1234", n) }); got != maxGuesses {
		t.Errorf("20 IPv6 networks: told to wait after %d guesses, want never", got)
	}
}

func FuzzForwarded(f *testing.F) {
	f.Add("10.0.0.1:1", "198.51.100.1, 10.0.0.2")
	f.Add("[::ffff:10.0.0.1]:1", "[2001:db8::1]:4711,,")
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		alone, err := httpapi.ClientOf(r)
		if err != nil || alone.Bucket == "" {
			t.Fatalf("ClientOf(%q): got %+v, %v, want a bucket", remote, alone, err)
		}
		r.Header.Set("X-Forwarded-For", forwarded)
		if got, _ := httpapi.ClientOf(r); got != alone {
			t.Errorf("ClientOf(%q, %q): a header from no proxy made %+v of %+v", remote, forwarded, got, alone)
		}
		behind, _ := httpapi.ClientOf(r, "10.0.0.0/8")
		r.Header.Set("X-Forwarded-For", "203.0.113.1, "+forwarded)
		if made, _ := httpapi.ClientOf(r, "10.0.0.0/8"); made != behind && made.Address != "203.0.113.1" {
			t.Errorf("ClientOf(%q, %q): a made-up left part turned %+v into %+v", remote, forwarded, behind, made)
		}
	})
}
