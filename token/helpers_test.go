package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

const (
	issuer    = "https://app.example.com"
	subject   = "0191f2a4-7d3b-7c11-9b5e-2f6a3c8d1e40"
	sessionID = "00112233445566778899aabbccddeeff"
	tokenID   = "0123456789abcdef0123456789abcdef"
)

// now is the time of every test that does not move it.
var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

var algorithms = []token.Algorithm{token.ES256, token.EdDSA, token.HS256}

// sharedSecret is a secret as `openssl rand -base64 32` makes it.
const sharedSecret = "q8Zt1VnX0d5wGmJ7c2RkYb9LhTfA4sPeUoI6yNvKx3M="

func master(tb testing.TB) secret.Master {
	tb.Helper()
	m, err := secret.NewMaster(secret.Bytes(32))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func newKey(tb testing.TB, algorithm token.Algorithm) token.Key {
	tb.Helper()
	key, err := token.GenerateKey(algorithm)
	if algorithm == token.HS256 {
		key, err = token.HMACKey(secret.NewText(sharedSecret))
	}
	if err != nil {
		tb.Fatal(err)
	}
	key.State = token.Active
	return key
}

func newRing(tb testing.TB, keys ...token.Key) *token.Keyring {
	tb.Helper()
	ring, err := token.NewKeyring(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return ring
}

func newVerifier(tb testing.TB, ring *token.Keyring, change ...func(*token.VerifierConfig)) *token.Verifier {
	tb.Helper()
	c := token.VerifierConfig{Keyring: func() *token.Keyring { return ring }, Issuer: issuer, MaxLife: 15 * time.Minute}
	for _, one := range change {
		one(&c)
	}
	v, err := token.NewVerifier(c)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func accessClaims() token.Claims {
	return token.Claims{
		Type: "access", Issuer: issuer, Subject: subject, SessionID: sessionID, ID: tokenID, IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute),
	}
}

func sign(tb testing.TB, ring *token.Keyring, c token.Claims) string {
	tb.Helper()
	text, err := ring.Sign(c)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// object is a JSON object that a test changes.
type object = map[string]any

// list is a JSON array.
type list = []any

// header is the header that a genuine token of the key has.
func header(key token.Key) object {
	return object{"alg": string(key.Algorithm), "typ": "at+jwt", "kid": key.ID}
}

// payload is the claims that a genuine token has.
func payload() object {
	return object{
		"token_type": "access", "iss": issuer, "sub": subject, "user_id": subject, "sid": sessionID, "jti": tokenID,
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
}

// with is a copy of an object with one member changed; the value absent removes it.
func with(o object, name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	if value == absent {
		delete(o, name)
	}
	return o
}

type nothing struct{}

var absent = nothing{}

func jsonOf(tb testing.TB, o object) string {
	tb.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forge signs any header and any claims with a key of ours, as a thief of the key could, or a mistaken signer.
func forge(tb testing.TB, key token.Key, head, claims string) string {
	tb.Helper()
	return forgeEncoded(tb, key, encode([]byte(head)), encode([]byte(claims)))
}

func forgeEncoded(tb testing.TB, key token.Key, head, claims string) string {
	tb.Helper()
	method, private := token.Private(key)
	return signWith(tb, method, private, head, claims)
}

func signWith(tb testing.TB, method jwt.SigningMethod, private any, head, claims string) string {
	tb.Helper()
	signature, err := method.Sign(head+"."+claims, private)
	if err != nil {
		tb.Fatal(err)
	}
	return head + "." + claims + "." + encode(signature)
}

func split(tb testing.TB, text string) (head, claims, signature string) {
	tb.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		tb.Fatalf("token has %d parts", len(parts))
	}
	return parts[0], parts[1], parts[2]
}

func newRefreshKeys(tb testing.TB, masters ...secret.Master) *token.RefreshKeys {
	tb.Helper()
	if len(masters) == 0 {
		masters = []secret.Master{master(tb)}
	}
	var children []secret.Child
	for _, m := range masters {
		children = append(children, m.Children("refresh-token")...)
	}
	return token.NewRefreshKeys(children, issuer)
}

func refreshToken() token.Refresh {
	return token.Refresh{
		SessionID: [16]byte{1, 2, 3}, ID: [16]byte{4, 5, 6}, Parent: [16]byte{7, 8, 9}, Generation: 12,
		Subject: subject, BornAt: now.Add(345 * time.Millisecond), ExpiresAt: now.Add(14 * 24 * time.Hour),
	}
}

// world is one key at work, with a token that it signed.
type world struct {
	t        *testing.T
	key      token.Key
	verifier *token.Verifier
	genuine  string
}

func newWorld(t *testing.T, key token.Key) world {
	t.Helper()
	ring := newRing(t, key)
	return world{t: t, key: key, verifier: newVerifier(t, ring), genuine: sign(t, ring, accessClaims())}
}

// eachWorld runs a test with every algorithm. The token of each world is genuine, so what a test refuses is refused for what the test did to it.
func eachWorld(t *testing.T, test func(w world)) {
	t.Helper()
	for _, algorithm := range algorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, newKey(t, algorithm))
			w.accept(w.genuine)
			w.accept(w.forge(header(w.key), payload()))
			test(w)
		})
	}
}

func (w world) accept(text string) {
	w.t.Helper()
	if _, err := w.verifier.Verify(text, now); err != nil {
		w.t.Errorf("Verify %s: %v", text, err)
	}
}

// refuse demands the answer that every stranger gets.
func (w world) refuse(what, text string) {
	w.t.Helper()
	w.refuseAs(what, text, token.ErrInvalid)
}

// refuseAs demands an error, and no claims with it.
func (w world) refuseAs(what, text string, want error) {
	w.t.Helper()
	got, err := w.verifier.Verify(text, now)
	if !errors.Is(err, want) {
		w.t.Errorf("Verify %s: got %v, want %v\n%.300s", what, err, want, text)
	}
	if !reflect.DeepEqual(got, token.Claims{}) {
		w.t.Errorf("Verify %s: answered claims with the error: %+v", what, got)
	}
}

// forge signs any header and any claims with the world's key.
func (w world) forge(head, claims object) string {
	w.t.Helper()
	return forge(w.t, w.key, jsonOf(w.t, head), jsonOf(w.t, claims))
}
