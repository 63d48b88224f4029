package token_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

func refreshHeader(child secret.Child) object {
	return object{"alg": "HS256", "typ": "rt+jwt", "kid": child.ID}
}

// refreshPayload is the claims of the text of refreshToken.
func refreshPayload() object {
	r := refreshToken()
	return object{
		"token_type": "refresh", "iss": issuer, "sub": r.Subject, "user_id": r.Subject, "sid": hex.EncodeToString(r.SessionID[:]),
		"jti": hex.EncodeToString(r.ID[:]), "parent": hex.EncodeToString(r.Parent[:]), "generation": r.Generation,
		"iat": r.BornAt.Unix(), "exp": r.ExpiresAt.Unix(), "born_at": r.BornAt.UnixMilli(),
	}
}

func forgeRefresh(tb testing.TB, child secret.Child, head, claims object) string {
	tb.Helper()
	return signWith(tb, jwt.SigningMethodHS256, child.Key, encode([]byte(jsonOf(tb, head))), encode([]byte(jsonOf(tb, claims))))
}

func TestRefreshRoundTrip(t *testing.T) {
	t.Parallel()
	keys := newRefreshKeys(t)
	first := refreshToken() // of a session that nobody refreshed yet
	first.Parent, first.Generation = [16]byte{}, 0
	odd := refreshToken()
	odd.Subject = `a "quoted" \ naïve` + "\u2028 user <42>"
	for _, want := range []token.Refresh{refreshToken(), first, odd} {
		got, err := keys.Parse(keys.Sign(want))
		if err != nil || got != want {
			t.Errorf("Parse: %v, error %v\n%s", got, err, cmp.Diff(want, got))
		}
	}
	fraction := refreshToken()
	fraction.BornAt, fraction.ExpiresAt = fraction.BornAt.Add(999*time.Microsecond), fraction.ExpiresAt.Add(999*time.Millisecond)
	if got, err := keys.Parse(keys.Sign(fraction)); err != nil || got != refreshToken() {
		t.Errorf("Parse: %v, error %v, want fractions cut off", got, err)
	}
}

// Front ends decode refresh tokens, to see when they end.
func TestRefreshLooksLikeJWT(t *testing.T) {
	t.Parallel()
	m := master(t)
	text := newRefreshKeys(t, m).Sign(refreshToken())
	head, body, _ := split(t, text)
	for segment, want := range map[string]object{head: refreshHeader(m.Children("refresh-token")[0]), body: refreshPayload()} {
		raw, err := base64.RawURLEncoding.DecodeString(segment)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted object
		if err := errors.Join(json.Unmarshal(raw, &got), json.Unmarshal([]byte(jsonOf(t, want)), &wanted)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("token says (-want +got):\n%s", diff)
		}
	}
}

// A changed master key makes new tokens; those under the old one go on until it is taken from the list.
func TestRefreshKeyRotation(t *testing.T) {
	t.Parallel()
	older, newer := secret.Bytes(32), secret.Bytes(32)
	masters := func(keys ...[]byte) secret.Master {
		m, err := secret.NewMaster(keys...)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	before, during, after := newRefreshKeys(t, masters(older)), newRefreshKeys(t, masters(newer, older)), newRefreshKeys(t, masters(newer))
	old := before.Sign(refreshToken())
	if got, err := during.Parse(old); err != nil || got != refreshToken() {
		t.Errorf("Parse token under the old key while it is listed: %v, %v", got, err)
	}
	fresh := during.Sign(refreshToken())
	if _, err := after.Parse(fresh); err != nil {
		t.Errorf("Parse token made during the rotation, afterwards: %v", err)
	}
	if _, err := before.Parse(fresh); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("Parse token under the new key before it is known: %v, want ErrInvalid", err)
	}
	if _, err := after.Parse(old); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("Parse token under the old key after it was taken away: %v, want ErrInvalid", err)
	}
}

// Each single bit counts, and is refused before anybody asks the database.
func TestAttackRefreshTokenFlippedBit(t *testing.T) {
	t.Parallel()
	keys := newRefreshKeys(t)
	genuine := keys.Sign(refreshToken())
	refused := func(what, text string) {
		if got, err := keys.Parse(text); !errors.Is(err, token.ErrInvalid) || got != (token.Refresh{}) {
			t.Errorf("Parse %s: %v, %v, want ErrInvalid\n%s", what, got, err, text)
		}
	}
	for i := range len(genuine) {
		for bit := range 8 {
			flipped := []byte(genuine)
			flipped[i] ^= 1 << bit
			refused("flipped bit", string(flipped))
		}
		for _, c := range []string{"\r", "\n", " ", "=", "."} {
			refused("inserted character", genuine[:i]+c+genuine[i:])
		}
	}
	parts := strings.Split(genuine, ".")
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(raw) {
			raw[bit/8] ^= 1 << (bit % 8)
			flipped := append([]string{}, parts...)
			flipped[i] = encode(raw)
			refused("flipped bit of what is encoded", strings.Join(flipped, "."))
			raw[bit/8] ^= 1 << (bit % 8)
		}
	}
	stripped := parts[0] + "." + parts[1]
	for _, one := range []string{"", ".", "..", stripped, stripped + ".", genuine + ".", genuine + "\n", strings.Repeat(".", 1_000_000)} {
		refused("stripped token", one)
	}
}

// Even under our key, what is not as we write it is refused.
func TestAttackMalformedRefreshToken(t *testing.T) {
	t.Parallel()
	child := master(t).Children("refresh-token")[0]
	keys := token.NewRefreshKeys([]secret.Child{child}, issuer)
	if got, err := keys.Parse(forgeRefresh(t, child, refreshHeader(child), refreshPayload())); err != nil || got != refreshToken() {
		t.Fatalf("Parse genuine token: %v, %v", got, err)
	}
	if _, err := keys.Parse(forgeRefresh(t, child, refreshHeader(child), with(refreshPayload(), "of_a_later_version", 1))); err != nil {
		t.Errorf("Parse token with a claim of a later version: %v", err)
	}
	refused := func(what string, head, claims object) {
		_, err := keys.Parse(forgeRefresh(t, child, head, claims))
		if !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Parse %s: %v, want ErrInvalid", what, err)
		}
		if _, told := errors.AsType[*token.Error](err); told {
			t.Errorf("Parse %s: told more than that it is invalid", what)
		}
	}
	for name := range refreshPayload() {
		for _, value := range []any{absent, nil, "", "x", 1.5, -1, true, []any{}, object{}, math.MaxInt64, strings.Repeat("0", 33)} {
			refused(fmt.Sprint(name, " ", value), refreshHeader(child), with(refreshPayload(), name, value))
		}
	}
	for name, value := range map[string]any{
		"token_type": "access", "iss": issuer + "/", "sub": "1", "user_id": "1", "sid": strings.Repeat("A", 32), "parent": strings.Repeat("0", 30),
		"jti": strings.Repeat("g", 32), "generation": "12",
		"iat": now.Add(time.Second).Unix(), "exp": now.Add(-time.Second).Unix(), "born_at": now.Add(time.Second).UnixMilli(),
	} {
		refused(fmt.Sprint(name, " ", value), refreshHeader(child), with(refreshPayload(), name, value))
	}
	for _, number := range []string{"-0", "12.0", "1e1", "9007199254740992"} {
		refused("generation "+number, refreshHeader(child), with(refreshPayload(), "generation", json.RawMessage(number)))
	}
	for name, value := range map[string]any{"alg": "none", "typ": "at+jwt", "kid": "other", "crit": []string{}, "jwk": object{}} {
		refused(name, with(refreshHeader(child), name, value), refreshPayload())
	}
	refused("longer than may be", refreshHeader(child), with(refreshPayload(), "of_a_later_version", strings.Repeat("a", token.MaxSize/2+800)))
	for _, algorithm := range []string{"HS512", "ES256", "EdDSA"} {
		refused(algorithm+" by name", with(refreshHeader(child), "alg", algorithm), refreshPayload())
	}
	refused("no typ", with(refreshHeader(child), "typ", absent), refreshPayload())
}

func TestNewRefreshKeysRefuses(t *testing.T) {
	t.Parallel()
	key := secret.Bytes(32)
	for what, children := range map[string][]secret.Child{
		"no key": nil, "short key": {{ID: "a", Key: key[:31]}}, "no id": {{Key: key}}, "malformed id": {{ID: `a"`, Key: key}},
		"no second key": {{ID: "a", Key: key}, {ID: "b"}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewRefreshKeys with %s: did not panic", what)
				}
			}()
			token.NewRefreshKeys(children, issuer)
		}()
	}
}
