package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/token"
)

func TestVerifyRoundTrip(t *testing.T) {
	t.Parallel()
	change := func(change func(*token.Claims)) token.Claims {
		c := accessClaims()
		change(&c)
		return c
	}
	eachWorld(t, func(w world) {
		t := w.t
		ring := newRing(t, w.key)
		for what, c := range map[string]token.Claims{
			"plain": accessClaims(),
			"sliding as simplejwt": change(func(c *token.Claims) {
				c.Type, c.RefreshExpiresAt = "sliding", now.Add(24*time.Hour)
			}),
			"sliding as drf-jwt": change(func(c *token.Claims) { c.Type, c.OriginalIssuedAt = "sliding", now.Add(-time.Hour) }),
			"odd text":           change(func(c *token.Claims) { c.Subject = `"quoted" \ naïve` + "\u2028\x00\x7f 😀 <&>" }),
			"extra": change(func(c *token.Claims) {
				c.Extra = map[string]any{
					"email": "ada@example.com", "staff": true, "level": json.Number("9007199254740993"), "none": nil, "": "empty name", `odd "name"`: "x",
					"groups": []any{"a", json.Number("1.5e3"), map[string]any{"b": false}}, "nested": map[string]any{"exp": json.Number("1"), "Sub": "not ours in here"},
				}
			}),
			"empty extra":                 change(func(c *token.Claims) { c.Extra = map[string]any{} }),
			"ends in the second it began": change(func(c *token.Claims) { c.IssuedAt, c.ExpiresAt = now.Add(-time.Second), now.Add(time.Second) }),
		} {
			got, err := w.verifier.Verify(sign(t, ring, c), now)
			c.KeyID = w.key.ID
			if len(c.Extra) == 0 {
				c.Extra = nil
			}
			if diff := cmp.Diff(c, got); err != nil || diff != "" {
				t.Errorf("Verify %s: %v (-want +got):\n%s", what, err, diff)
			}
		}
	})
}

func TestVerifyAudience(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	v := newVerifier(t, ring, func(c *token.VerifierConfig) { c.Audience = "orders" })
	for _, audience := range [][]string{{"orders"}, {"bills", "orders"}} {
		c := accessClaims()
		c.Audience = audience
		got, err := v.Verify(sign(t, ring, c), now)
		if diff := cmp.Diff(audience, got.Audience); err != nil || diff != "" {
			t.Errorf("Verify: %v (-want +got):\n%s", err, diff)
		}
	}
}

func TestSignCutsFractions(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	c := accessClaims()
	c.IssuedAt, c.ExpiresAt = c.IssuedAt.Add(999*time.Millisecond), c.ExpiresAt.Add(999*time.Millisecond)
	got, err := newVerifier(t, ring).Verify(sign(t, ring, c), now)
	if want := accessClaims(); err != nil || !got.IssuedAt.Equal(want.IssuedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) {
		t.Errorf("Verify: %s to %s, %v, want %s to %s", got.IssuedAt, got.ExpiresAt, err, want.IssuedAt, want.ExpiresAt)
	}
}

func TestSignHeader(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, _, _ := split(t, w.genuine)
		raw, err := base64.RawURLEncoding.DecodeString(head)
		if want := `{"alg":"` + string(w.key.Algorithm) + `","typ":"at+jwt","kid":"` + w.key.ID + `"}`; err != nil || string(raw) != want {
			t.Errorf("Sign: header %s, %v, want %s", raw, err, want)
		}
	})
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	for what, spoil := range map[string]func(*token.Claims){
		"no issuer":                   func(c *token.Claims) { c.Issuer = "" },
		"no subject":                  func(c *token.Claims) { c.Subject = "" },
		"no session":                  func(c *token.Claims) { c.SessionID = "" },
		"no id":                       func(c *token.Claims) { c.ID = "" },
		"subject that is not UTF-8":   func(c *token.Claims) { c.Subject = "\xff" },
		"empty audience":              func(c *token.Claims) { c.Audience = []string{"orders", ""} },
		"no type":                     func(c *token.Claims) { c.Type = "" },
		"refresh as type":             func(c *token.Claims) { c.Type = "refresh" },
		"sliding without an end":      func(c *token.Claims) { c.Type = "sliding" },
		"sliding with two ends":       func(c *token.Claims) { c.Type, c.RefreshExpiresAt, c.OriginalIssuedAt = "sliding", now, now },
		"access with a window":        func(c *token.Claims) { c.RefreshExpiresAt = now },
		"no issue":                    func(c *token.Claims) { c.IssuedAt = time.Time{} },
		"no expiry":                   func(c *token.Claims) { c.ExpiresAt = time.Time{} },
		"expiry before issue":         func(c *token.Claims) { c.ExpiresAt = c.IssuedAt.Add(-time.Second) },
		"expiry in the year 10000":    func(c *token.Claims) { c.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"extra that does not marshal": func(c *token.Claims) { c.Extra = map[string]any{"f": func() {}} },
		"extra too deep":              func(c *token.Claims) { c.Extra = map[string]any{"a": json.RawMessage("[[[[[[[[]]]]]]]]")} },
		"extra with two meanings":     func(c *token.Claims) { c.Extra = map[string]any{"a": json.RawMessage(`{"b":1,"b":2}`)} },
		"extra too long":              func(c *token.Claims) { c.Extra = map[string]any{"a": strings.Repeat("a", 4000)} },
		"extra too many": func(c *token.Claims) {
			c.Extra = map[string]any{}
			for i := range 30 {
				c.Extra[fmt.Sprint(i)] = i
			}
		},
	} {
		c := accessClaims()
		spoil(&c)
		if text, err := ring.Sign(c); err == nil || text != "" {
			t.Errorf("Sign %s: %q, want an error", what, text)
		}
	}
}

// What an application adds, perhaps from what its users typed, must not become another user, role or life.
func TestAttackExtraClaimOverridesOurs(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	for _, name := range []string{
		"iss", "aud", "sub", "sid", "iat", "exp", "nbf", "jti", "token_type", "user_id", "refresh_exp", "orig_iat", "Sub", "EXP", "ſub", "toKen_type", "User_Id",
	} {
		c := accessClaims()
		c.Extra = map[string]any{"email": "ada@example.com", name: "1"}
		if text, err := ring.Sign(c); err == nil {
			t.Errorf("Sign with the extra claim %s: %s, want an error", name, text)
		}
	}
}

func TestVerifyWindow(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	c := accessClaims()
	text := sign(t, ring, c)
	for _, cache := range []int{0, -1} {
		for _, tc := range []struct {
			leeway time.Duration
			at     time.Time
			want   error
		}{
			{0, c.IssuedAt, nil},
			{0, c.ExpiresAt.Add(-time.Millisecond), nil},
			{0, c.ExpiresAt, token.ErrExpired},
			{0, c.ExpiresAt.Add(24 * time.Hour), token.ErrExpired},
			{0, c.IssuedAt.Add(-time.Second), nil}, // nodes are not apart by nothing
			{0, c.IssuedAt.Add(-time.Second - time.Millisecond), token.ErrInvalid},
			{30 * time.Second, c.ExpiresAt.Add(29 * time.Second), nil},
			{30 * time.Second, c.ExpiresAt.Add(30 * time.Second), token.ErrExpired},
			{30 * time.Second, c.IssuedAt.Add(-30 * time.Second), nil},
			{30 * time.Second, c.IssuedAt.Add(-31 * time.Second), token.ErrInvalid},
		} {
			v := newVerifier(t, ring, func(c *token.VerifierConfig) { c.Leeway, c.CacheSize = tc.leeway, cache })
			for i := range 2 { // unseen, and seen
				if _, err := v.Verify(text, tc.at); !errors.Is(err, tc.want) {
					t.Errorf("Verify at %s, leeway %s, time %d: %v, want %v", tc.at.Format(time.TimeOnly), tc.leeway, i, err, tc.want)
				}
			}
		}
	}
}

func TestVerifyExpiredAnswersClaims(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		want := accessClaims()
		want.KeyID = w.key.ID
		got, err := w.verifier.Verify(w.genuine, now.Add(time.Hour))
		if diff := cmp.Diff(want, got); !errors.Is(err, token.ErrExpired) || diff != "" {
			t.Errorf("Verify: %v, want ErrExpired (-want +got):\n%s", err, diff)
		}
		head, body, signature := split(t, w.genuine)
		forged := head + "." + body + "." + strings.Repeat("A", len(signature))
		if got, err := w.verifier.Verify(forged, now.Add(time.Hour)); !errors.Is(err, token.ErrInvalid) || got.Subject != "" {
			t.Errorf("Verify expired and forged: %v, %v, want ErrInvalid", got, err)
		}
	})
}

func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	keyring := func() *token.Keyring { return nil }
	for what, c := range map[string]token.VerifierConfig{
		"no keyring": {Issuer: issuer}, "no issuer": {Keyring: keyring}, "negative life": {Keyring: keyring, Issuer: issuer, MaxLife: -1},
		"negative leeway": {Keyring: keyring, Issuer: issuer, Leeway: -1}, "large leeway": {Keyring: keyring, Issuer: issuer, Leeway: 31 * time.Second},
	} {
		if _, err := token.NewVerifier(c); err == nil {
			t.Errorf("NewVerifier with %s: no error", what)
		}
	}
	_, err := token.NewVerifier(token.VerifierConfig{Leeway: -1})
	for _, part := range []string{"keyring", "issuer", "leeway"} {
		if !strings.Contains(fmt.Sprint(err), part) {
			t.Errorf("NewVerifier: %v, want every mistake, also %q", err, part)
		}
	}
}

// Many requests at once, while keys change.
func TestVerifyConcurrently(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.EdDSA)
	v, err := token.NewVerifier(token.VerifierConfig{Keyring: func() *token.Keyring { return newRing(t, key) }, Issuer: issuer, CacheSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, key)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				c := accessClaims()
				c.ID = fmt.Sprint(i, j%8)
				c.Extra = map[string]any{"n": map[string]any{"i": fmt.Sprint(i)}}
				text, err := ring.Sign(c)
				got, err2 := v.Verify(text, now)
				if err != nil || err2 != nil || got.ID != c.ID {
					t.Errorf("Verify: %v, %v, %v", got, err, err2)
					return
				}
				got.Extra["n"].(map[string]any)["i"] = "written by a careless caller"
			}
		})
	}
	group.Wait()
}
