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

func master(t testing.TB) secret.Master {
	t.Helper()
	m, err := secret.NewMaster(secret.Bytes(32))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t testing.TB, algorithm token.Algorithm) token.Key {
	t.Helper()
	key, err := token.GenerateKey(algorithm)
	if algorithm == token.HS256 {
		key, err = token.HMACKey(secret.NewText(sharedSecret))
	}
	if err != nil {
		t.Fatal(err)
	}
	key.State = token.Active
	return key
}

func newRing(t testing.TB, keys ...token.Key) *token.Keyring {
	t.Helper()
	ring, err := token.NewKeyring(keys)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func newVerifier(t testing.TB, ring *token.Keyring, change ...func(*token.VerifierConfig)) *token.Verifier {
	t.Helper()
	c := token.VerifierConfig{Keyring: func() *token.Keyring { return ring }, Issuer: issuer, MaxLife: 15 * time.Minute}
	for _, one := range change {
		one(&c)
	}
	v, err := token.NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func accessClaims() token.Claims {
	return token.Claims{
		Type: "access", Issuer: issuer, Subject: subject, SessionID: sessionID, ID: tokenID, IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute),
	}
}

func sign(t testing.TB, ring *token.Keyring, c token.Claims) string {
	t.Helper()
	text, err := ring.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// object is a JSON object that a test changes.
type object = map[string]any

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

func jsonOf(t testing.TB, o object) string {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// forge signs any header and any claims with a key of ours, as a thief of the key could, or a mistaken signer.
func forge(t testing.TB, key token.Key, head, claims string) string {
	t.Helper()
	return forgeEncoded(t, key, encode([]byte(head)), encode([]byte(claims)))
}

func forgeEncoded(t testing.TB, key token.Key, head, claims string) string {
	t.Helper()
	method, private := token.Private(key)
	return signWith(t, method, private, head, claims)
}

func signWith(t testing.TB, method jwt.SigningMethod, private any, head, claims string) string {
	t.Helper()
	signature, err := method.Sign(head+"."+claims, private)
	if err != nil {
		t.Fatal(err)
	}
	return head + "." + claims + "." + encode(signature)
}

func split(t testing.TB, text string) (head, claims, signature string) {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("token has %d parts", len(parts))
	}
	return parts[0], parts[1], parts[2]
}

func newRefreshKeys(t testing.TB, masters ...secret.Master) *token.RefreshKeys {
	t.Helper()
	if len(masters) == 0 {
		masters = []secret.Master{master(t)}
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
	key      token.Key
	verifier *token.Verifier
	genuine  string
}

// eachWorld runs a test with every algorithm. The token of each world is genuine, so what a test refuses is refused for what the test did to it.
func eachWorld(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	for _, algorithm := range algorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			key := newKey(t, algorithm)
			ring := newRing(t, key)
			w := world{key: key, verifier: newVerifier(t, ring), genuine: sign(t, ring, accessClaims())}
			w.accept(t, w.genuine)
			w.accept(t, forge(t, key, jsonOf(t, header(key)), jsonOf(t, payload())))
			test(t, w)
		})
	}
}

func (w world) accept(t *testing.T, text string) {
	t.Helper()
	if _, err := w.verifier.Verify(text, now); err != nil {
		t.Errorf("Verify %s: %v", text, err)
	}
}

// refuse demands the answer that every stranger gets.
func (w world) refuse(t *testing.T, what, text string) {
	t.Helper()
	w.refuseAs(t, what, text, token.ErrInvalid)
}

func (w world) refuseAs(t *testing.T, what, text string, want error) {
	t.Helper()
	got, err := w.verifier.Verify(text, now)
	if !errors.Is(err, want) {
		t.Errorf("Verify %s: got %v, want %v\n%.300s", what, err, want, text)
	}
	if want != token.ErrExpired && !reflect.DeepEqual(got, token.Claims{}) {
		t.Errorf("Verify %s: answered claims with the error: %+v", what, got)
	}
}

// forge signs any header and any claims with the world's key.
func (w world) forge(t *testing.T, head, claims object) string {
	t.Helper()
	return forge(t, w.key, jsonOf(t, head), jsonOf(t, claims))
}
