package attack_test

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
