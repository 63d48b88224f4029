package attack_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func tokenAttacks() []attack {
	return []attack{
		{id: "A01", what: "a token without signature that says alg none", severity: critical, against: "R01 R02", test: TestA01AlgNone},
		{id: "A02", what: "none and nothing in other spellings", severity: critical, against: "R01 R02", test: TestA02AlgSpelling},
		{id: "A03", what: "a signature that is cut off", severity: critical, against: "R01 R02", test: TestA03SignatureStripped},
		{id: "A04", what: "HMAC under the public key", severity: critical, against: "R01 R02 R03", test: TestA04PublicKeyAsHMACKey},
		{id: "A05", what: "another algorithm under the attacker's key", severity: critical, against: "R01 R02 R03", test: TestA05OtherAlgorithm},
		{id: "A08", what: "the attacker's key in the header", severity: critical, against: "R04", test: TestA08EmbeddedKey},
		{id: "A09", what: "the attacker's key at an URL", severity: critical, against: "R04", test: TestA09KeyByURL},
		{id: "A10", what: "paths, SQL and rubbish as key id", severity: critical, against: "R04 R12", test: TestA10KeyIDInjection},
		{id: "A14", what: "encrypted tokens, decompression bombs and endless key derivation", severity: critical, against: "R06 R12", test: TestA14EncryptedToken},
		{id: "A17", what: "nothing but dots, up to a million", severity: high, against: "R06 R12", test: TestA17Dots},
		{id: "A18", what: "another spelling of a genuine token", severity: high, against: "R06", test: TestA18SecondSpelling},
		{id: "A20", what: "members twice, under the server's own key", severity: high, against: "R07", test: TestA20DuplicateMembers},
		{id: "A23", what: "a token of one kind in the place of another", severity: critical, against: "R09 R10", test: TestA23KindConfusion},
		{id: "A24", what: "ends of life that are past, absurd or absent, under the server's own key", severity: critical, against: "R08", test: TestA24UnusableTimes},
		{id: "A29", what: "claims edited under the old signature", severity: critical, against: "R01 R10", test: TestA29EditedClaims},
		{id: "A36", what: "private parts in the public key set", severity: critical, against: "R04 R68", test: TestA36KeySet},
	}
}

// forger attacks with tokens. One victim serves all tests of this kind, who keep the server's memory quiet.
type forger struct {
	*person
	header, claims, signature string // of the victim's token
	key                       signer
}

var tokenVictim struct {
	sync.Mutex
	person *person
}

func newForger(t *testing.T) *forger {
	t.Helper()
	tokenVictim.Lock()
	defer tokenVictim.Unlock()
	if tokenVictim.person == nil {
		tokenVictim.person = shared(t, "tokens").member(t)
	}
	v := tokenVictim.person.clone()
	v.T, v.address = t, address()
	v.me(v.access).want(t, http.StatusOK)
	f := &forger{person: v, key: v.stolen(t)}
	f.header, f.claims, f.signature = parts(v.access)
	v.me(f.key.sign(f.key.header().json(), longer(decode(t, f.claims)).json())).want(t, http.StatusOK) // what is forged with this key is refused for what it says
	return f
}

// refused wants a token refused wherever tokens are taken: by header, by cookie and in a body.
func (f *forger) refused(name, token string) {
	f.Run(name, func(t *testing.T) {
		f := &forger{person: f.clone()}
		f.T = t
		for _, path := range []string{"/auth/users/me/", "/auth/sessions/"} {
			if fitsHeader(token) {
				f.call("GET", path, "", "Authorization", "Bearer "+token).want(t, http.StatusUnauthorized, http.StatusRequestHeaderFieldsTooLarge).noTokens(t)
			}
		}
		if strings.TrimSpace(token) == token { // texts in bodies are trimmed, as Django REST framework does it
			f.call("POST", "/auth/jwt/verify/", fields("token", token)).want(t, http.StatusUnauthorized, http.StatusBadRequest, http.StatusRequestEntityTooLarge).noTokens(t)
		}
		if fitsHeader(token) && !strings.ContainsAny(token, ",;\"") {
			f.jar = map[string]string{"__Host-Http-access": token}
			f.browse("GET", "/auth/users/me/", "").want(t, http.StatusUnauthorized, http.StatusRequestHeaderFieldsTooLarge)
		}
	})
}

// refusedAlike wants a token that needs no key refused just as any rubbish is.
func (f *forger) refusedAlike(name, token string) {
	f.refused(name, token)
	same(f.T, name, f.me(token), f.me("rubbish"))
}

// fitsHeader tells whether a header carries a token as it is: no control character, and no space at its end, which no server would get to see.
func fitsHeader(token string) bool {
	return len(token) < 900<<10 && strings.Trim(token, " \t") == token && !strings.ContainsFunc(token, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

func TestA01AlgNone(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := encode(longer(decode(t, f.claims)).json())
	f.refusedAlike("without kid", encode(`{"alg":"none","typ":"at+jwt"}`)+"."+claims+".")
	f.refusedAlike("with kid", encode(f.key.header().with("alg", "none").json())+"."+claims+".")
	f.refusedAlike("with the old signature", encode(f.key.header().with("alg", "none").json())+"."+claims+"."+f.signature)
}

func TestA02AlgSpelling(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	for _, alg := range []any{"None", "NONE", "nOnE", "", " none", "none\x00", 0, []string{"none"}, "es256", "ES256 ", "HS256"} {
		head := f.key.header().with("alg", alg).json()
		f.refused("unsigned "+head, encode(head)+"."+f.claims+".")
		f.refused("signed "+head, f.key.sign(head, longer(decode(t, f.claims)).json()))
	}
	for _, head := range []string{`{"typ":"at+jwt","kid":"` + f.key.id + `"}`, `{"alg":null,"typ":"at+jwt","kid":"` + f.key.id + `"}`} {
		f.refused("unsigned "+head, encode(head)+"."+f.claims+".")
		f.refused("signed "+head, f.key.sign(head, longer(decode(t, f.claims)).json()))
	}
}

func TestA03SignatureStripped(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	for name, token := range map[string]string{
		"two parts": f.header + "." + f.claims, "empty": f.header + "." + f.claims + ".", "one byte": f.header + "." + f.claims + ".AA",
		"no header": "." + f.claims + "." + f.signature, "no claims": f.header + ".." + f.signature, "zeros": f.header + "." + f.claims + "." + encode(string(make([]byte, 64))),
		"half": f.header + "." + f.claims + "." + f.signature[:43], "twice": f.header + "." + f.claims + "." + f.signature + f.signature,
	} {
		f.refusedAlike(name, token)
	}
}

func TestA04PublicKeyAsHMACKey(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	set := f.call("GET", "/.well-known/jwks.json", "")
	public := &f.key.private.PublicKey
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	one := set.body[strings.IndexByte(set.body, '[')+1 : strings.IndexByte(set.body, '}')+1]
	for name, key := range map[string]string{
		"PEM": text, "PEM without the last line feed": strings.TrimSpace(text), "DER": string(der), "JWKS": set.body, "JWK": one, "point": string(point),
		"x": string(point[1:33]), "empty": "", "kid": f.key.id,
	} {
		claims := longer(decode(t, f.claims)).json()
		f.refusedAlike(name+" HS256", mac(f.key.header().with("alg", "HS256").json(), claims, sha256.New, []byte(key)))
		f.refusedAlike(name+" said to be ES256", mac(f.key.header().json(), claims, sha256.New, []byte(key)))
	}
}

func TestA05OtherAlgorithm(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := longer(decode(t, f.claims)).json()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	as := func(alg string) string { return f.key.header().with("alg", alg).json() }
	f.refusedAlike("RS256", by(t, rsaKey, crypto.SHA256, as("RS256"), claims))
	f.refusedAlike("PS256", by(t, rsaKey, &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}, as("PS256"), claims))
	f.refusedAlike("EdDSA", by(t, edKey, crypto.Hash(0), as("EdDSA"), claims))
	f.refusedAlike("Ed25519", by(t, edKey, crypto.Hash(0), as("Ed25519"), claims))
	f.refusedAlike("HS384", mac(as("HS384"), claims, sha512.New384, []byte("key")))
	f.refusedAlike("HS512", mac(as("HS512"), claims, sha512.New, []byte("key")))
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(), "ES256K": elliptic.P256()} {
		f.refusedAlike(alg, newSigner(t, curve).sign(as(alg), claims))
	}
	f.refusedAlike("ES384 under our own key", f.key.sign(as("ES384"), claims))
}

// newSigner is an attacker with a key.
func newSigner(t *testing.T, curve elliptic.Curve) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{"attacker", key}
}

// jwk is the signer's public key as a header carries it.
func (s signer) jwk() object {
	point, err := s.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	size := (len(point) - 1) / 2
	return object{"kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(string(point[1 : 1+size])), "y": encode(string(point[1+size:]))}
}

func TestA08EmbeddedKey(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	attacker := newSigner(t, elliptic.P256())
	claims := longer(decode(t, f.claims)).json()
	for name, head := range map[string]object{
		"with our kid": f.key.header(), "with a kid of its own": attacker.header(), "without kid": attacker.header().with("kid", nil),
	} {
		f.refusedAlike(name, attacker.sign(head.with("jwk", attacker.jwk()).json(), claims))
	}
	f.refused("under our own key", f.key.sign(f.key.header().with("jwk", attacker.jwk()).json(), claims))
}

func TestA29EditedClaims(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := decode(t, f.claims)
	for name, edited := range map[string]object{
		"another user": claims.with("sub", "1", "user_id", "1"), "staff": claims.with("is_staff", true), "longer": claims.with("exp", now().Add(time.Hour).Unix()),
		"another session": claims.with("sid", strings.Repeat("0", 32)),
	} {
		f.refused(name, f.header+"."+encode(edited.json())+"."+f.signature)
	}
	f.refused("the same in another order", f.header+"."+encode(" "+claims.json())+"."+f.signature)
	for _, edited := range []object{ // signed: the session has to be there, and of this user
		claims.with("sub", "nobody", "user_id", "nobody"), claims.with("sid", strings.Repeat("0", 32)),
		claims.with("iss", evilSite), claims.with("aud", evilSite), claims.with("sid", nil), claims.with("sub", nil),
	} {
		f.me(f.key.sign(f.key.header().json(), longer(edited).json())).want(t, http.StatusUnauthorized).noTokens(t)
	}
}

func TestA36KeySet(t *testing.T) {
	t.Parallel()
	h := shared(t, "tokens")
	got := h.stranger(t).call("GET", "/.well-known/jwks.json", "").want(t, http.StatusOK)
	var set struct{ Keys []map[string]any }
	unmarshal(t, got.body, &set)
	seen := map[any]bool{}
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if key[private] != nil {
				t.Errorf("the member %s is private", private)
			}
		}
		if key["kty"] == "oct" || seen[key["kid"]] || key["alg"] != "ES256" || key["use"] != "sig" {
			t.Errorf("key %v", key)
		}
		seen[key["kid"]] = true
	}
	secret, err := h.stolen(t).private.Bytes()
	if err != nil || strings.Contains(got.body, encode(string(secret))) {
		t.Errorf("the private key is shown, or %v", err)
	}
	if len(seen) < 2 || seen[nil] {
		t.Errorf("keys: %v, want an active one and a pending one", seen)
	}
	if cache := got.header.Get("Cache-Control"); !strings.Contains(cache, "max-age=300") {
		t.Errorf("Cache-Control %q: want five minutes", cache)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/jwk-set+json" && kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
}
