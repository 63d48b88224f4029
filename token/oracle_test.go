package token_test

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/token"
)

// oracle reads a token with a library that is not the one we sign with, by the rules that both have. What we accept, it must accept and understand
// in the same way; it may accept more.
func oracle(key token.Key, text string) (map[string]any, error) {
	_, public := token.Public(key)
	parsed, err := josejwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.Algorithm)})
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	var known josejwt.Claims
	if err := parsed.Claims(public, &claims, &known); err != nil {
		return nil, err
	}
	return claims, known.ValidateWithLeeway(josejwt.Expected{Issuer: issuer, Time: now}, time.Second)
}

// libraryClaims reads a token with the strictest settings of golang-jwt.
func libraryClaims(key token.Key, text string) (jwt.MapClaims, error) {
	_, public := token.Public(key)
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{string(key.Algorithm)}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return public, nil })
	return claims, err
}

// agree demands that both libraries read what we accepted, and read the same.
func agree(t *testing.T, key token.Key, text string, c token.Claims) {
	t.Helper()
	theirs, err := oracle(key, text)
	if err != nil {
		t.Errorf("Verify accepts what go-jose refuses: %v\n%s", err, text)
	}
	others, err := libraryClaims(key, text)
	if err != nil {
		t.Errorf("Verify accepts what golang-jwt refuses: %v\n%s", err, text)
	}
	for _, read := range []map[string]any{theirs, others} {
		for name, want := range map[string]any{
			"iss": c.Issuer, "sub": c.Subject, "user_id": c.Subject, "sid": c.SessionID, "jti": c.ID, "token_type": c.Type,
			"exp": float64(c.ExpiresAt.Unix()), "iat": float64(c.IssuedAt.Unix()),
		} {
			if read[name] != want {
				t.Errorf("claim %s is %v to a library, %v to us\n%s", name, read[name], want, text)
			}
		}
		for name := range c.Extra {
			if _, ok := read[name]; !ok {
				t.Errorf("extra claim %q is not there for a library\n%s", name, text)
			}
		}
	}
}

// random is the same in each run, and another in each world.
func (w world) random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(slices.Index(algorithms, w.key.Algorithm))))
}

// What we sign, others read.
func TestOthersReadWhatWeSign(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		random, ring := w.random(1), newRing(t, w.key)
		for range 60 {
			c := accessClaims()
			c.Subject, c.SessionID, c.ID = oddText(random), oddText(random), oddText(random)
			c.IssuedAt = now.Add(-time.Duration(random.IntN(60)) * time.Second)
			c.Extra = map[string]any{oddText(random): oddText(random), "n": random.Float64(), "list": []any{oddText(random), random.Int64()}}
			text := sign(t, ring, c)
			got, err := w.verifier.Verify(text, now)
			if err != nil || got.Subject != c.Subject || got.SessionID != c.SessionID || got.ID != c.ID {
				t.Errorf("Verify: %+v, %v, want %+v", got, err, c)
			}
			agree(t, w.key, text, got)
		}
	})
}

// oddText is text that JSON has to escape, or might.
func oddText(random *rand.Rand) string {
	parts := []string{"a", "9", " ", `"`, `\`, "/", "\n", "\x00", "\x1f", "\x7f", "é", "\u2028", "😀", "<", "&", "'", "\ufffd", "\ufeff", "{", "}", ":", ","}
	text := "x"
	for range random.IntN(12) {
		text += parts[random.IntN(len(parts))]
	}
	return text
}

// No change to a genuine token, however small or clever, gives another one that is believed.
func TestAttackMutatedToken(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		random := w.random(2)
		for range 3000 {
			mutated := mutate(random, w.genuine)
			for range random.IntN(3) {
				mutated = mutate(random, mutated)
			}
			if mutated != w.genuine {
				w.refuse("mutated token", mutated)
			}
		}
	})
}

const anyOf = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\r\x00"

func mutate(random *rand.Rand, text string) string {
	if text == "" {
		return "."
	}
	i, j := random.IntN(len(text)), random.IntN(len(text))
	i, j = min(i, j), max(i, j)
	c := string(anyOf[random.IntN(len(anyOf))])
	switch random.IntN(8) {
	case 0:
		return text[:i] + c + text[i:]
	case 1:
		return text[:i] + text[i+1:]
	case 2:
		return text[:i] + c + text[i+1:]
	case 3: // a piece twice
		return text[:j] + text[i:j] + text[j:]
	case 4: // a piece gone
		return text[:i] + text[j:]
	case 5: // two characters exchanged
		return text[:i] + text[j:j+1] + text[i+min(1, j-i):j] + text[i:i+1] + text[j+1:]
	case 6: // segments exchanged
		parts := strings.Split(text, ".")
		random.Shuffle(len(parts), func(a, b int) { parts[a], parts[b] = parts[b], parts[a] })
		return strings.Join(parts, ".")
	default: // what is encoded changed
		parts := strings.Split(text, ".")
		k := random.IntN(len(parts))
		if raw, err := base64.RawURLEncoding.DecodeString(parts[k]); err == nil && len(raw) > 0 {
			raw[random.IntN(len(raw))] ^= byte(1 + random.IntN(255))
			parts[k] = base64.RawURLEncoding.EncodeToString(raw)
		}
		return strings.Join(parts, ".")
	}
}

// Under our own key, header and claims are mutated as text. Most is refused; what is accepted, both libraries must read as we do.
func TestMutatedClaimsMeanOneThing(t *testing.T) {
	t.Parallel()
	pieces := []string{
		`"exp":1767269100,`, `"sub":"1",`, `"nbf":1,`, `"aud":"a",`, `"extra":[{}],`, `"extra":{"exp":1},`, `"Exp":1,`, `"x":1,`,
		"null", "1e9", `\u0061`, `"`, "{", "}", "[", "]", ",", ":", " ", "0", ".", "-",
	}
	eachWorld(t, func(w world) {
		t := w.t
		random := w.random(3)
		accepted := 0
		for range 1000 {
			head, claims := jsonOf(t, header(w.key)), jsonOf(t, payload())
			for range 1 + random.IntN(2) {
				target := &claims
				if random.IntN(4) == 0 {
					target = &head
				}
				i := random.IntN(len(*target))
				if k := strings.IndexAny((*target)[i:], ",{"); k >= 0 && random.IntN(2) == 0 {
					i += k + 1 // where a member may stand
				}
				*target = (*target)[:i] + pieces[random.IntN(len(pieces))] + (*target)[i+random.IntN(2)*min(1, len(*target)-i):]
			}
			text := forge(t, w.key, head, claims)
			if c, err := w.verifier.Verify(text, now); err == nil {
				accepted++
				agree(t, w.key, text, c)
			}
		}
		if accepted < 20 {
			t.Errorf("only %d of 1000 mutations were accepted: the test says little", accepted)
		}
	})
}

// The strict reader takes no text that encoding/json does not take, and finds the same names.
func TestReaderAgreesWithStandardLibrary(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 7))
	tokens := []string{
		"{", "}", "[", "]", ",", ":", `"a"`, `"b"`, `"a\u0062"`, `"\ud83d\ude00"`, `""`, `"\/"`, "1", "-0", "1.5e+3", "0.1", "10", "01",
		"true", "false", "null", " ", "\n", `"`, "\\", "e", "-", ".", "é",
	}
	valid := 0
	for range 50_000 {
		text := "{"
		if random.IntN(2) == 0 {
			text = `{"k":`
		}
		for range random.IntN(9) {
			text += tokens[random.IntN(len(tokens))]
		}
		text += "}"
		if names, ok := token.ParseObject(text); ok {
			valid++
			sameNames(t, text, names)
		}
	}
	if valid < 250 {
		t.Errorf("only %d texts were valid: the test says little", valid)
	}
}

func sameNames(t *testing.T, text string, names []string) {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Errorf("reader accepts what encoding/json refuses: %v\n%s", err, text)
	}
	for _, name := range names {
		if _, ok := object[name]; !ok {
			t.Errorf("reader finds %q, encoding/json does not\n%s", name, text)
		}
	}
	if len(names) != len(object) || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("reader finds %d names, encoding/json %d\n%s", len(names), len(object), text)
	}
}
