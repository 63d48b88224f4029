package token_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// kindOf is the JSON type of a claim as it was written.
func kindOf(raw json.RawMessage) string {
	switch {
	case raw[0] == '"':
		return "string"
	case regexp.MustCompile(`^[1-9][0-9]*$`).Match(raw):
		return "integer"
	default:
		return "other"
	}
}

func rawMembers(t *testing.T, segment string) (members map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(decoded(t, segment), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// simplejwt asks for these names and types: token_type, exp, iat, jti and user_id, and refresh_exp of sliding tokens. Its verifier, PyJWT, checks
// the header's alg only, wants sub to be a string, and times to be integers.
func TestTokensAreWhatSimplejwtExpects(t *testing.T) {
	t.Parallel()
	slidingClaims := accessClaims()
	slidingClaims.Type, slidingClaims.RefreshExpiresAt = "sliding", now.Add(24*time.Hour)
	access := map[string]string{"token_type": "string", "exp": "integer", "iat": "integer", "jti": "string", "user_id": "string", "sub": "string"}
	sliding := maps.Clone(access)
	sliding["refresh_exp"] = "integer"
	ring := newRing(t, newKey(t, token.HS256))
	for kind, tc := range map[string]struct {
		text string
		want map[string]string
	}{
		"access":  {sign(t, ring, accessClaims()), access},
		"sliding": {sign(t, ring, slidingClaims), sliding},
		"refresh": {newRefreshKeys(t).Sign(refreshToken()), access},
	} {
		head, body, _ := split(t, tc.text)
		header, claims := rawMembers(t, head), rawMembers(t, body)
		if string(header["alg"]) != `"HS256"` {
			t.Errorf("%s: header %v", kind, header)
		}
		for name, want := range tc.want {
			if raw, ok := claims[name]; !ok || kindOf(raw) != want {
				t.Errorf("%s: claim %s is %s, want a JSON %s", kind, name, raw, want)
			}
		}
		for name, want := range map[string]string{"token_type": kind, "user_id": subject, "sub": subject, "iss": issuer} {
			if got := strings.Trim(string(claims[name]), `"`); got != want {
				t.Errorf("%s: claim %s is %s, want %s", kind, name, got, want)
			}
		}
		if jti := strings.Trim(string(claims["jti"]), `"`); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(jti) {
			t.Errorf("%s: jti %s, want 32 hexadecimal digits", kind, jti)
		}
		if _, ok := claims["aud"]; ok {
			t.Errorf("%s: has an audience that nobody asked for", kind)
		}
	}
}
