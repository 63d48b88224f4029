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

func TestA10KeyIDInjection(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims := longer(decode(t, f.claims)).json()
	key := f.key.id
	f.lean(func() {
		for _, kid := range []any{
			"../../../../dev/null", "' UNION SELECT 'a'--", key + "\x00x", key + "/../" + key, "%2e%2e", "$(id)", strings.Repeat("k", 8<<10), 1,
			object{},
			[]string{},
			"", " " + key,
			strings.ToUpper(key), nil,
		} {
			head := f.key.header().with("kid", kid)
			for name, token := range map[string]string{
				"empty HMAC key": mac(head.with("alg", "HS256").json(), claims, sha256.New, nil), "HMAC key a": mac(head.with("alg", "HS256").json(), claims, sha256.New, []byte("a")),
				"our own key": f.key.sign(head.json(), claims),
			} {
				short := head.json()
				f.refused(name+" "+short[:min(60, len(short))], token)
				f.fast(name, func() reply { return f.me(token) })
			}
		}
		f.refused("null", f.key.sign(`{"alg":"ES256","typ":"at+jwt","kid":null}`, claims))
	})
}

func TestA14EncryptedToken(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	zeros := strings.Repeat("A", 3000)
	f.lean(func() {
		for name, head := range map[string]object{
			"any": {"alg": "dir", "enc": "A256GCM"}, "bomb": {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
			"endless derivation": {"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2147483647, "p2s": "AAAA"},
			"to our key":         {"alg": "ECDH-ES", "enc": "A128GCM", "kid": f.key.id, "epk": f.key.jwk()}, "wrapped": {"alg": "RSA-OAEP", "enc": "A128GCM", "typ": "at+jwt", "kid": f.key.id},
		} {
			token := encode(head.json()) + ".." + zeros[:16] + "." + zeros + "." + zeros[:22]
			f.refused(name, token)
			f.fast(name, func() reply { return f.me(token) })
		}
		signed := f.key.sign(f.key.header().with("zip", "DEF").json(), longer(decode(t, f.claims)).json())
		f.refused("compressed claims in a signed token", signed)
		f.refused("a token in a token", f.key.sign(f.key.header().with("cty", "JWT").json(), f.access))
		for _, size := range []int{250 << 10, 4 << 20} {
			bomb := encode(`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`) + "..AAAA." + strings.Repeat("A", size) + ".AAAA"
			f.call("POST", "/auth/jwt/verify/", fields("token", bomb)).want(t, http.StatusRequestEntityTooLarge)
		}
	})
}

func TestA17Dots(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	f.lean(func() {
		for _, token := range []string{
			"", ".", "..", "...", "....", f.access + ".", "." + f.access, strings.ReplaceAll(f.access, ".", ".."), strings.Repeat(".", 4096), strings.Repeat(".", 15_000),
		} {
			f.refused(token[:min(20, len(token))], token)
			f.fast("dots", func() reply { return f.me(token) })
		}
		million := strings.Repeat(".", 1_000_000)
		f.me(million).want(t, http.StatusRequestHeaderFieldsTooLarge)
		f.call("POST", "/auth/jwt/verify/", fields("token", million)).want(t, http.StatusRequestEntityTooLarge)
		f.call("POST", "/auth/jwt/verify/", fields("token", million[:8000])).want(t, http.StatusBadRequest)
	})
}

func TestA18SecondSpelling(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, f.access[len(f.access)-1])
	for i := 1; i < 4; i++ { // the two bits that 64 bytes leave over
		f.refused("unused bits", f.access[:len(f.access)-1]+string(alphabet[last^i]))
	}
	for _, tail := range []string{"=", "==", "\n", "\r\n", " ", "\t", "%0a", "%3D", "\x00", "\u00a0"} {
		f.refused("with "+encode(tail)+" at the end", f.access+tail)
		f.refused("with "+encode(tail)+" in it", f.access[:len(f.access)-10]+tail+f.access[len(f.access)-10:])
		f.refused("with "+encode(tail)+" after the header", strings.Replace(f.access, ".", tail+".", 1))
	}
	f.refused("padded claims", f.header+"."+f.claims+"="+"."+f.signature)
	standard := strings.NewReplacer("-", "+", "_", "/")
	for i := range 50 { // until a signature has such a letter
		token := f.key.sign(f.key.header().json(), longer(decode(t, f.claims)).with("jti", encode(string(rune('a'+i)))).json())
		if other := standard.Replace(token); other != token {
			f.refused("the other alphabet", other)
			return
		}
	}
	t.Error("no signature with - or _")
}

func TestA20DuplicateMembers(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims, head := longer(decode(t, f.claims)).json(), f.key.header().json()
	past := now().Add(-time.Hour).Unix()
	for name, token := range map[string]string{
		"alg none first":    f.key.sign(`{"alg":"none",`+head[1:], claims),
		"alg none last":     f.key.sign(head[:len(head)-1]+`,"alg":"none"}`, claims),
		"typ twice":         f.key.sign(`{"typ":"JWT",`+head[1:], claims),
		"kid twice":         f.key.sign(`{"kid":"x",`+head[1:], claims),
		"sub twice":         f.key.sign(head, `{"sub":"1",`+claims[1:]),
		"sub last":          f.key.sign(head, claims[:len(claims)-1]+`,"sub":"1"}`),
		"exp twice":         f.key.sign(head, object{"exp": past}.json()[:len(object{"exp": past}.json())-1]+","+claims[1:]),
		"escaped":           f.key.sign(head, `{"s\u0075b":"1",`+claims[1:]),
		"other case":        f.key.sign(head, `{"Sub":"1",`+claims[1:]),
		"long s":            f.key.sign(head, `{"ſub":"1",`+claims[1:]),
		"two objects":       f.key.sign(head, claims+claims),
		"trailing bytes":    f.key.sign(head, claims+" x"),
		"an array":          f.key.sign(head, "["+claims+"]"),
		"invalid UTF-8":     f.key.sign(head, strings.Replace(claims, `"sub":"`, "\"sub\":\"\xff", 1)),
		"a header in array": f.key.sign("["+head+"]", claims),
	} {
		f.refused(name, token)
	}
}

func TestA24UnusableTimes(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	claims, now := longer(decode(t, f.claims)), now()
	for name, exp := range map[string]any{
		"past": now.Add(-31 * time.Second).Unix(), "absent": nil, "text": "1", "true": true, "object": object{}, "huge": 1e300, "negative": -1, "zero": 0,
		"half a second": float64(now.Unix()) + 30.5, "more than exact": uint64(1)<<53 + 1, "ten years": now.AddDate(10, 0, 0).Unix(),
		"longer than allowed": now.Add(time.Hour).Unix(),
	} {
		f.refused(name, f.key.sign(f.key.header().json(), claims.with("exp", exp).json()))
	}
	f.refused("null", f.key.sign(f.key.header().json(), strings.Replace(claims.with("exp", 12345).json(), "12345", "null", 1)))
	f.refused("not yet", f.key.sign(f.key.header().json(), claims.with("nbf", now.Add(time.Hour).Unix()).json()))
	f.refused("issued tomorrow", f.key.sign(f.key.header().json(), claims.with("iat", now.AddDate(0, 0, 1).Unix(), "exp", now.AddDate(0, 0, 1).Unix()+60).json()))
	f.refused("never issued", f.key.sign(f.key.header().json(), claims.with("iat", nil).json()))
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
