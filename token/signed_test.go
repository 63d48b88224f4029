package token_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// The tokens of this file are signed with our key: by a thief of it, by another service that should not have it, or by a mistake of ours.
// What they say in two ways must not be believed in either.

func TestAttackDuplicateMembers(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		alg, id := string(w.key.Algorithm), w.key.ID
		claims := jsonOf(t, payload())
		for _, head := range []string{
			`{"alg":"none","alg":"` + alg + `","typ":"at+jwt","kid":"` + id + `"}`,
			`{"alg":"` + alg + `","alg":"none","typ":"at+jwt","kid":"` + id + `"}`,
			`{"alg":"` + alg + `","typ":"JWT","typ":"at+jwt","kid":"` + id + `"}`,
			`{"alg":"` + alg + `","typ":"at+jwt","typ":"at+jwt","kid":"` + id + `"}`,
			`{"alg":"` + alg + `","typ":"at+jwt","kid":"x","kid":"` + id + `"}`,
			`{"alg":"` + alg + `","typ":"at+jwt","kid":"` + id + `","\u006bid":"` + id + `"}`,
		} {
			w.refuse("header "+head, forge(t, w.key, head, claims))
		}
		for _, twice := range []string{
			`"sub":"1"`, `"exp":1`, `"exp":null`, `"iss":"https://evil.example"`, `"token_type":"refresh"`, `"iat":1`, `"s\u0075b":"1"`, `"sid":"0"`,
		} {
			w.refuse("claims, first "+twice, forge(t, w.key, jsonOf(t, header(w.key)), "{"+twice+","+claims[1:]))
			w.refuse("claims, last "+twice, forge(t, w.key, jsonOf(t, header(w.key)), claims[:len(claims)-1]+","+twice+"}"))
		}
		deep := with(payload(), "extra", "X")
		w.refuse("deep inside", forge(t, w.key, jsonOf(t, header(w.key)), strings.Replace(jsonOf(t, deep), `"X"`, `[{"a":1,"a":2}]`, 1)))
	})
}

func TestAttackMiscasedNames(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, name := range []string{"Exp", "EXP", "Sub", "ſub", "iſs", "User_ID", "ISS", "Token_Type", "toKen_type", "Aud", "NBF", "Jti", "ſid", "Orig_Iat"} {
			w.refuse("beside: "+name, w.forge(header(w.key), with(payload(), name, now.Add(time.Minute).Unix())))
		}
		for name, value := range payload() {
			upper := strings.ToUpper(name[:1]) + name[1:]
			w.refuse("in place: "+upper, w.forge(header(w.key), with(with(payload(), name, absent), upper, value)))
		}
		for name, value := range header(w.key) {
			upper := strings.ToUpper(name[:1]) + name[1:]
			w.refuse("header in place: "+upper, w.forge(with(with(header(w.key), name, absent), upper, value), payload()))
			w.refuse("header beside: "+upper, w.forge(with(header(w.key), upper, value), payload()))
		}
	})
}

func TestAttackCriticalHeader(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, critical := range []any{[]string{"exp"}, []string{}, []string{"b64"}, []string{"alg"}, nil, "exp", 0} {
			w.refuse(fmt.Sprint("crit ", critical), w.forge(with(header(w.key), "crit", critical), payload()))
		}
		w.refuse("b64 false", w.forge(with(with(header(w.key), "b64", false), "crit", []string{"b64"}), payload()))
		w.refuse("b64 false without crit", w.forge(with(header(w.key), "b64", false), payload()))
	})
}

func TestAttackMalformedJSON(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, claims := jsonOf(t, header(w.key)), jsonOf(t, payload())
		for what, malformed := range map[string]func(string) string{
			"object behind":    func(s string) string { return s + "{}" },
			"text behind":      func(s string) string { return s + "x" },
			"zero byte behind": func(s string) string { return s + "\x00" },
			"comma behind":     func(s string) string { return s[:len(s)-1] + ",}" },
			"byte order mark":  func(s string) string { return "\ufeff" + s },
			"in an array":      func(s string) string { return "[" + s + "]" },
			"in a string":      func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` },
			"null":             func(string) string { return "null" },
			"number":           func(string) string { return "1" },
			"no end":           func(s string) string { return s[:len(s)-1] },
			"single quotes":    func(s string) string { return strings.ReplaceAll(s, `"`, "'") },
			"comment":          func(s string) string { return "/* */" + s },
			"vertical tab":     func(s string) string { return "\v" + s },
			"UTF-16":           func(s string) string { return "\xff\xfe" + s },
		} {
			w.refuse("header: "+what, forge(t, w.key, malformed(head), claims))
			w.refuse("claims: "+what, forge(t, w.key, head, malformed(claims)))
		}
		for _, value := range []string{
			"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\n\"", "\"\t\"", `"\x41"`, `"`, `"\"`, `"\u12"`, `"\u1`,
			`"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800x"`, `"\ud800\u0041"`, `"\ud800\u12"`,
			"01", "+1", ".5", "1.", "1e", "1e+", "-", "NaN", "Infinity", "0x10", "tru", "True", "nul", "undefined", "'a'",
			"[1,]", "[,1]", "{", "[", `{"a"}`, `{a:1}`, `{"a":1,}`, "",
		} {
			w.refuse("value "+value, forge(t, w.key, head, claims[:len(claims)-1]+`,"extra":`+value+"}"))
			w.refuse("sub "+value, forge(t, w.key, head, strings.ReplaceAll(claims, `"`+subject+`"`, value)))
		}
		w.accept(forge(t, w.key, " \t\r\n"+head+" \n", "\n"+strings.ReplaceAll(claims, `":`, "\" :\t")+"\r\n")) // white space is JSON, too
		w.accept(forge(t, w.key, head, claims[:len(claims)-1]+`,"extra":"\ud83d\ude00\/\u0000","more":[1e5,-0.5,[],{}]}`))
	})
}

func TestAttackNestingAndSize(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, claims := jsonOf(t, header(w.key)), jsonOf(t, payload())
		extra := func(value string) string { return forge(t, w.key, head, claims[:len(claims)-1]+`,"extra":`+value+"}") }
		w.accept(extra(strings.Repeat("[", 7) + strings.Repeat("]", 7)))
		w.accept(extra("[" + strings.Repeat("[],{},", 20) + "1]")) // wide is not deep
		w.refuse("9 levels", extra(strings.Repeat("[", 8)+strings.Repeat("]", 8)))
		w.refuse("9 levels of objects", extra(strings.Repeat(`{"a":`, 8)+"1"+strings.Repeat("}", 8)))
		w.refuse("as deep as fits", extra(strings.Repeat("[", 1200)+strings.Repeat("]", 1200)))
		w.refuse("5,000 levels", extra(strings.Repeat("[", 5000)+strings.Repeat("]", 5000)))
		w.refuse("1 MiB", extra(`"`+strings.Repeat("a", 1<<20)+`"`))
		w.refuse("open brackets", forge(t, w.key, head, strings.Repeat("[", 2000)))

		many := payload()
		for i := len(many); i < 32; i++ {
			many[fmt.Sprintf("extra%d", i)] = i
		}
		w.accept(w.forge(header(w.key), many))
		w.refuse("33 members", w.forge(header(w.key), with(many, "one more", 1)))

		room := token.MaxSize - len(extra(`""`))
		longest := extra(`"` + strings.Repeat("a", room*3/4-3) + `"`)
		if len(longest) > token.MaxSize {
			t.Fatalf("test token has %d bytes", len(longest))
		}
		w.accept(longest)
		w.refuse("longer than may be", extra(`"`+strings.Repeat("a", room*3/4+3)+`"`))
	})
}

func TestAttackOtherType(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, kind := range []any{"JWT", "jwt", "AT+JWT", "at+JWT", "application/at+jwt", "rt+jwt", "at+jwt ", "at", "", absent, nil, 1, []string{"at+jwt"}} {
			w.refuse(fmt.Sprint("typ ", kind), w.forge(with(header(w.key), "typ", kind), payload()))
		}
		w.refuse("content type beside", w.forge(with(header(w.key), "cty", "at+jwt"), payload()))
	})
}

func TestAttackUnusableTimes(t *testing.T) {
	t.Parallel()
	seconds := now.Unix()
	notTimes := []any{nil, "1", fmt.Sprint(seconds + 60), true, object{}, list{seconds}, 1e300, -1, 0, float64(seconds) + 0.5, 1<<53 + 1, math.MaxInt64}
	eachWorld(t, func(w world) {
		t := w.t
		for _, name := range []string{"exp", "iat", "nbf", "refresh_exp", "orig_iat"} {
			for _, value := range notTimes {
				w.refuse(fmt.Sprint(name, " ", value), w.forge(header(w.key), with(payload(), name, value)))
			}
		}
		head, claims := jsonOf(t, header(w.key)), jsonOf(t, payload())
		exp := fmt.Sprint(now.Add(5 * time.Minute).Unix())
		for _, spelling := range []string{exp + ".0", exp + "e0", exp[:9] + "0e0", "-" + exp, exp + "0000000000000", "18446744073709551616", "-0"} {
			w.refuse("exp "+spelling, forge(t, w.key, head, strings.Replace(claims, `"exp":`+exp, `"exp":`+spelling, 1)))
		}
	})
}

func TestAttackTooLongLife(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		from := func(iat time.Time, life time.Duration) string {
			return w.forge(header(w.key), with(with(payload(), "iat", iat.Unix()), "exp", iat.Add(life).Unix()))
		}
		w.accept(from(now, 15*time.Minute))
		w.refuse("a second longer than may be", from(now, 15*time.Minute+time.Second))
		w.refuse("ten years", from(now, 10*365*24*time.Hour))
		w.refuse("issued long ago, for long", from(now.Add(-time.Hour), 2*time.Hour))
		w.refuse("ends before it begins", from(now, -time.Second))
		w.refuse("from the future", from(now.Add(2*time.Second), time.Minute))
		w.refuse("from the future, ended", from(now.Add(time.Hour), -2*time.Hour))
		w.refuse("not yet", w.forge(header(w.key), with(payload(), "nbf", now.Add(time.Second).Unix())))
		w.accept(w.forge(header(w.key), with(payload(), "nbf", now.Unix())))
		if _, err := w.verifier.Verify(from(now.Add(-5*time.Minute), 5*time.Minute), now); !errors.Is(err, token.ErrExpired) {
			w.t.Errorf("Verify expired token: %v, want ErrExpired", err)
		}
	})
}

func TestAttackOtherIssuer(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, name := range []any{
			issuer + "/", strings.ToUpper(issuer), "http://app.example.com", issuer + ".evil.example", "", nil, 1, []string{issuer}, object{issuer: true}, " " + issuer,
		} {
			w.refuse(fmt.Sprint("iss ", name), w.forge(header(w.key), with(payload(), "iss", name)))
		}
	})
}

func TestAttackOtherAudience(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		w.refuse("audience where none is", w.forge(header(w.key), with(payload(), "aud", "orders")))

		w.verifier = newVerifier(t, newRing(t, w.key), func(c *token.VerifierConfig) { c.Audience = "orders" })
		for _, audience := range []any{"orders", []string{"orders"}, []string{"bills", "orders"}} {
			w.accept(w.forge(header(w.key), with(payload(), "aud", audience)))
		}
		for _, audience := range []any{
			absent, nil, "", "Orders", "orders ", "order", "orders,bills", 1, true,
			object{"orders": 1},
			list{},
			list{"bills"},
			list{"orders", 1},
			list{nil},
			list{list{"orders"}},
			list{"orders", ""},
			list{"orders", nil},
		} {
			w.refuse(fmt.Sprint("aud ", audience), w.forge(header(w.key), with(payload(), "aud", audience)))
		}
	})
}

func TestAttackUnusableText(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, name := range []string{"sub", "user_id", "sid", "jti", "token_type"} {
			for _, value := range []any{nil, "", 1, true, []string{subject}, object{}} {
				w.refuse(fmt.Sprint(name, " ", value), w.forge(header(w.key), with(payload(), name, value)))
			}
		}
		w.refuse("two users", w.forge(header(w.key), with(payload(), "user_id", "1")))
		w.refuse("two users", w.forge(header(w.key), with(payload(), "sub", "1")))
		w.refuse("access token with a window", w.forge(header(w.key), with(payload(), "refresh_exp", now.Unix())))
		sliding := with(with(payload(), "token_type", "sliding"), "refresh_exp", now.Unix())
		w.accept(w.forge(header(w.key), sliding))
		w.refuse("two windows", w.forge(header(w.key), with(sliding, "orig_iat", now.Unix())))
	})
}

func TestVerifyMissingClaim(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		for _, name := range slices.Sorted(maps.Keys(payload())) {
			text := w.forge(header(w.key), with(payload(), name, absent))
			w.refuse("no "+name, text)
			_, err := w.verifier.Verify(text, now)
			missing, ok := errors.AsType[*token.Error](err)
			if !ok || missing.Claim != name || !strings.Contains(missing.Error(), name) {
				t.Errorf("Verify without %s: %v, want *Error that names it", name, err)
			}
			// Only the holder of a genuine token may learn that.
			head, claims, signature := split(t, text)
			_, err = w.verifier.Verify(head+"."+claims+"."+strings.Repeat("A", len(signature)), now)
			if _, ok := errors.AsType[*token.Error](err); ok || !errors.Is(err, token.ErrInvalid) {
				t.Errorf("Verify without %s and unsigned: %v, want ErrInvalid", name, err)
			}
		}
		_, err := w.verifier.Verify(w.forge(header(w.key), with(payload(), "token_type", "sliding")), now)
		if missing, ok := errors.AsType[*token.Error](err); !ok || missing.Claim != "refresh_exp" {
			t.Errorf("Verify sliding token without an end: %v, want *Error", err)
		}
	})
}

// Every row of what Go's JOSE libraries were measured to accept with their strictest options, although no reader should.
func TestAttackWhatLibrariesAccept(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, body, signature := split(t, w.genuine)
		claims := jsonOf(t, payload())
		last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", signature[len(signature)-1])
		spare := string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1])
		signed := func(h object, claims string) string { return forge(t, w.key, jsonOf(t, h), claims) }
		claim := func(name string, value any) string {
			return signed(header(w.key), jsonOf(t, with(payload(), name, value)))
		}
		member := func(name string, value any) string { return signed(with(header(w.key), name, value), claims) }
		for what, accepted := range map[string]string{
			"unused bits of the last character changed": head + "." + body + "." + signature[:len(signature)-1] + spare,
			"line feed in the signature":                head + "." + body + "." + signature[:20] + "\n" + signature[20:],
			"CRLF at the end":                           w.genuine + "\r\n",
			"line feed at the end of the header":        head + "\n." + body + "." + signature,
			"space at the end":                          w.genuine + " ",
			"padding":                                   w.genuine + "==",
			"standard alphabet":                         head + "." + body + "." + "+/" + signature[2:],
			"unknown crit":                              member("crit", []string{"unknown"}),
			"empty crit":                                member("crit", []string{}),
			"b64 false":                                 member("b64", false),
			"wrong typ":                                 member("typ", "JWT"),
			"no typ":                                    member("typ", absent),
			"duplicate name in the header":              forge(t, w.key, `{"typ":"at+jwt",`+jsonOf(t, header(w.key))[1:], claims),
			"duplicate name in the claims":              signed(header(w.key), `{"sub":"`+subject+`",`+claims[1:]),
			"no exp":                                    claim("exp", absent),
			"exp null":                                  claim("exp", nil),
			"exp as a string":                           claim("exp", fmt.Sprint(now.Add(time.Minute).Unix())),
			"bytes behind the claims":                   signed(header(w.key), claims+"{}"),
			"invalid UTF-8 in sub":                      signed(header(w.key), strings.ReplaceAll(claims, subject, "\xff\xfe")),
			"5,000 levels":                              signed(header(w.key), claims[:len(claims)-1]+`,"extra":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}"),
			"claim of 1 MiB":                            claim("extra", strings.Repeat("a", 1<<20)),
		} {
			w.refuse(what, accepted)
		}
	})
}
