package token_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// The seeds in testdata/fuzz are tokens under these keys, so they must not change.
func fuzzKeys(f *testing.F) (access token.Key, child secret.Child, refresh *token.RefreshKeys) {
	f.Helper()
	child = secret.Child{ID: "fuzz", Key: bytes.Repeat([]byte("0123456789abcdef"), 2)}
	return rfc8037EdDSA(f), child, token.NewRefreshKeys([]secret.Child{child}, issuer)
}

// FuzzVerify feeds the verifier whole tokens. Nothing that was not signed by our key may get another answer than that it is invalid.
func FuzzVerify(f *testing.F) {
	key, _, refresh := fuzzKeys(f)
	ring := newRing(f, key)
	f.Add(sign(f, ring, accessClaims()))
	f.Add(refresh.Sign(refreshToken()))
	f.Add(forge(f, key, jsonOf(f, header(key)), jsonOf(f, with(payload(), "jti", absent))))
	v := newVerifier(f, ring, func(c *token.VerifierConfig) { c.Refresh, c.CacheSize = refresh, -1 })
	f.Fuzz(func(t *testing.T, text string) {
		c, err := v.Verify(text, now)
		if errors.Is(err, token.ErrWrongType) {
			if _, err := refresh.Parse(text); err == nil {
				return
			}
		}
		missing, _ := errors.AsType[*token.Error](err)
		if missing == nil && errors.Is(err, token.ErrInvalid) {
			return
		}
		head, body, _ := split(t, text)
		if forgeEncoded(t, key, head, body) != text { // EdDSA is deterministic
			t.Errorf("Verify: %v for a token that we did not sign\n%q", err, text)
		}
		if err == nil {
			agree(t, key, text, c)
		}
	})
}

// FuzzClaims signs what it is given. What is accepted, other libraries must read alike, and signing it again must say the same.
func FuzzClaims(f *testing.F) {
	key, _, _ := fuzzKeys(f)
	ring := newRing(f, key)
	v := newVerifier(f, ring, func(c *token.VerifierConfig) { c.CacheSize = -1 })
	head := jsonOf(f, header(key))
	f.Add(jsonOf(f, payload()))
	f.Add(jsonOf(f, with(with(payload(), "token_type", "sliding"), "refresh_exp", now.Add(time.Hour).Unix())))
	f.Fuzz(func(t *testing.T, claims string) {
		text := forge(t, key, head, claims)
		c, err := v.Verify(text, now)
		if err != nil {
			return
		}
		agree(t, key, text, c)
		again, err := ring.Sign(c)
		if err != nil {
			if len(text) < token.MaxSize/6 { // escapes may make a longer one too long
				t.Errorf("Sign what Verify answered: %v\n%q", err, claims)
			}
			return
		}
		got, err := v.Verify(again, now)
		if diff := cmp.Diff(c, got); err != nil || diff != "" {
			t.Errorf("Verify what was signed again: %v (-want +got):\n%s", err, diff)
		}
	})
}

// FuzzParseRefresh feeds the text both as a token and as the claims of one that our key signs.
func FuzzParseRefresh(f *testing.F) {
	_, child, keys := fuzzKeys(f)
	f.Add(keys.Sign(refreshToken()))
	f.Add(jsonOf(f, refreshPayload()))
	head := encode([]byte(jsonOf(f, refreshHeader(child))))
	genuine := keys.Sign(refreshToken())
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := keys.Parse(text); err == nil && text != genuine && keys.Sign(r) != text {
			t.Errorf("Parse: %+v from a token that we did not sign\n%q", r, text)
		}
		r, err := keys.Parse(signWith(t, jwt.SigningMethodHS256, child.Key, head, encode([]byte(text))))
		if err != nil {
			if !errors.Is(err, token.ErrInvalid) {
				t.Errorf("Parse: %v, want ErrInvalid", err)
			}
			return
		}
		if again, err := keys.Parse(keys.Sign(r)); err != nil || again != r {
			t.Errorf("Parse what was signed again: %+v, %v, want %+v", again, err, r)
		}
	})
}

// FuzzObject holds the strict reader against encoding/json.
func FuzzObject(f *testing.F) {
	f.Add(jsonOf(f, payload()))
	f.Add(`{"a":[1,-2.5e+3,true,null,{"b":"\ud83d\ude00\/"}],"c":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if names, ok := token.ParseObject(text); ok {
			sameNames(t, text, names)
		}
	})
}

// FuzzAgainstJOSE signs headers and claims that our key never would, and holds us against the two other libraries, who read the same standard. What they refuse we
// refuse, and what we accept they read alike. That we refuse more than they do is no finding: the tests of forged tokens list it.
func FuzzAgainstJOSE(f *testing.F) {
	key, _, _ := fuzzKeys(f)
	v := newVerifier(f, newRing(f, key), func(c *token.VerifierConfig) { c.CacheSize = -1 })
	head, claims := jsonOf(f, header(key)), jsonOf(f, payload())
	f.Add(head, claims)
	for _, member := range []string{`"alg":"none"`, `"crit":["exp"]`, `"jwk":{}`, `"jku":"https://evil.example/"`, `"b64":false`, `"zip":"DEF"`, `"typ":"at+JWT"`, `"cty":"JWT"`} {
		f.Add("{"+member+","+head[1:], claims)
		f.Add(head[:len(head)-1]+","+member+"}", claims)
	}
	f.Fuzz(func(t *testing.T, head, claims string) {
		text := forge(t, key, head, claims)
		c, err := v.Verify(text, now)
		switch {
		case err == nil:
			agree(t, key, text, c)
		case !errors.Is(err, token.ErrInvalid) && !errors.Is(err, token.ErrWrongType):
			t.Errorf("Verify: %v, which callers know nothing of\n%q", err, text)
		}
	})
}
