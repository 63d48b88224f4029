package httpapi_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// TestMaskedTokens has the vectors that Django's own code made, and the identities of its arithmetic.
func TestMaskedTokens(t *testing.T) {
	t.Parallel()
	repeat := func(parts ...string) string {
		var out strings.Builder
		for _, part := range parts {
			out.WriteString(strings.Repeat(part, 32))
		}
		return out.String()
	}
	const first, second = "cat9ag498dyT5bl5GhcqrGi0qx020vor", "wNIvVaP3RjdmSlPUxYu3JvQvB7KUdDWd"
	for token, want := range map[string]string{
		"M8TVWzZRBb0WLaAUvFMZ44k8cRvicmQiO8cUWFTQzeoFGbLP1MOflAsYsela2H4z": first,
		"vfnSqy3Vl6OG0fLzIe36ygvsGgEckRGMxfGRqEXUj9cpVgWuel5mPMDiWDu4acU3": first,
		"13UBEDVvmEgKFGt6g4t7dmWwKj2v2BSB33dAEJPukHEtAHE1MbvnuS4m0GSnSW6S": first,
		"99999999999999999999999999999999vMHuU9O2QiclRkOTwXt2IuPuA6JTcCVc": second,
		first:            first,
		repeat("a", "a"): repeat("a"),
		repeat("b", "b"): repeat("a"),
		repeat("a", "b"): repeat("b"),
		repeat("b", "c"): repeat("b"),
		repeat("a", "c"): repeat("c"),
	} {
		if got, ok := httpapi.UnmaskCSRF(token); !ok || got != want {
			t.Errorf("UnmaskCSRF(%s): got %q, %t, want %q", token, got, ok, want)
		}
	}
	for _, bad := range []string{"", "a", repeat("a")[1:], repeat("a") + "a", repeat("*", "*"), repeat("-"), "ä" + repeat("a")[2:], repeat("a", "a", "a")} {
		if got, ok := httpapi.UnmaskCSRF(bad); ok {
			t.Errorf("UnmaskCSRF(%q): got %q, want a refusal", bad, got)
		}
	}
}

func TestSecretsAreBoundAndMasked(t *testing.T) {
	t.Parallel()
	key, older := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	bare := httpapi.NewCSRFSecret(key, "session")
	if len(bare) != 32 || bare == httpapi.NewCSRFSecret(key, "session") {
		t.Errorf("NewCSRFSecret: got %q, want 32 characters, others each time", bare)
	}
	if one, two := httpapi.MaskCSRF(bare), httpapi.MaskCSRF(bare); one == two || len(one) != 64 {
		t.Errorf("MaskCSRF: got %q and %q, want 64 characters under another mask each time (BREACH)", one, two)
	}
	for _, c := range []struct {
		name, bare, binding string
		keys                [][]byte
		want                bool
	}{
		{"same session", bare, "session", [][]byte{key}, true},
		{"key that has been rotated away, still read", bare, "session", [][]byte{older, key}, true},
		{"other session", bare, "sessio", [][]byte{key}, false},
		{"no session", bare, "", [][]byte{key}, false},
		{"other key", bare, "session", [][]byte{older}, false},
		{"last character changed", bare[:31] + string(bare[31]^1), "session", [][]byte{key}, false},
		{"first character changed", string(bare[0]^1) + bare[1:], "session", [][]byte{key}, false},
		{"no keys", bare, "session", nil, false},
		{"too short", bare[:31], "session", [][]byte{key}, false},
	} {
		if got := httpapi.BoundCSRF(c.keys, c.bare, c.binding); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func FuzzUnmask(f *testing.F) {
	f.Add("cat9ag498dyT5bl5GhcqrGi0qx020vor")
	f.Add("M8TVWzZRBb0WLaAUvFMZ44k8cRvicmQiO8cUWFTQzeoFGbLP1MOflAsYsela2H4z")
	f.Add(strings.Repeat("ä", 16))
	f.Fuzz(func(t *testing.T, text string) {
		bare, ok := httpapi.UnmaskCSRF(text)
		alphanumeric := !strings.ContainsFunc(text, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
		})
		if want := alphanumeric && (len(text) == 32 || len(text) == 64); ok != want {
			t.Fatalf("UnmaskCSRF(%q): got %t, want %t", text, ok, want)
		}
		if !ok {
			return
		}
		if again, ok := httpapi.UnmaskCSRF(httpapi.MaskCSRF(bare)); !ok || again != bare {
			t.Errorf("UnmaskCSRF(MaskCSRF(%q)): got %q, %t", bare, again, ok)
		}
	})
}
