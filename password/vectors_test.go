package password_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/password"
)

// vectors are hashes as Django stores them. Those of "lètmein" with the salt seasalt and the argon2 ones of "secret" are in Django's own
// tests (tests/auth_tests/test_hashers.py); the others were computed with Python's hashlib, argon2-cffi and bcrypt.
var vectors = []struct{ scheme, plain, encoded string }{
	{"pbkdf2_sha256", "lètmein", "pbkdf2_sha256$1500000$seasalt$P4UiMPVduVWIL/oS1GzH+IofsccjJNM5hUTikBvi5to="},
	{"pbkdf2_sha256", "correct horse 9", "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="},
	{"pbkdf2_sha256", "Tr0ub4dor&3", "pbkdf2_sha256$600000$NaClNaClNaClNaClNaCl22$2cM+J6luyEcyj6NHIbE66BZddJT0v01UjNmsXiqixss="},
	{"pbkdf2_sha256", "", "pbkdf2_sha256$1000$seasalt$XHfRVmyEZRTCcSbqGP00JKv0fRwYHK0ogjPZdSJxCXk="},
	{"pbkdf2_sha1", "correct horse 9", "pbkdf2_sha1$1000$abcdefghij012345678901$P38raRUlKdZFV1a1vbrcFgw0cKk="},
	{"pbkdf2_sha1", "lètmein", "pbkdf2_sha1$600000$seasalt2$2CLsaL1MZhq6JOG6QOHtVbiopHE="},
	{"argon2", "secret", "argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw"},
	{"argon2", "secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"},
	{"argon2", "lètmein", "argon2$argon2id$v=19$m=102400,t=2,p=8$YWJjZGVmZ2hpajAxMjM0NTY3ODkwMQ$5pRFp/082Jvs3bFen5b71LFNlFHgagF+Re/Lkm8C/PU"},
	{"argon2", "correct horse 9", "argon2$argon2id$v=19$m=1024,t=1,p=1$YWJjZGVmZ2hpajAxMjM0NTY3ODkwMQ$0aLOjPVfoQ2zw1p69duA6n5wuZBSD38xKB04lwpzrbY"},
	{"bcrypt_sha256", "lètmein", "bcrypt_sha256$$2b$12$wUdlbQu5tF3Yg5Xzf0kOe.Yh8QEgWKPTXNQ946hwQ0MpSAOcbbPg2"},
	{"bcrypt_sha256", "correct horse 9", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu3pjrqtjJBMAsF7Q7cfcvglnnoJFYECK"},
	{"bcrypt_sha256", "", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuAGUtA0XVhWMYe2lvlA94phs07MYN67C"},
	{"bcrypt", "lètmein", "bcrypt$$2b$12$wUdlbQu5tF3Yg5Xzf0kOe.e1C3LJnXR3tRl8zsFtoKtDd4bOPO7gi"},
	{"bcrypt", "lètmein", "bcrypt$$2a$10$CCCCCCCCCCCCCCCCCCCCC.Nv5KSlgXDvcdHkO6xWN7/MV6hKCXJ36"},
	{"bcrypt", "correct horse 9", "bcrypt$$2b$04$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u"},
	{"bcrypt", "correct horse 9", "bcrypt$$2y$04$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u"},
	{"scrypt", "lètmein", "scrypt$16384$seasalt$8$5$ECMIUp+LMxMSK8xB/IVyba+KYGTI7FTnet025q/1f/vBAVnnP3hdYqJuRi+mJn6ji6ze3Fbb7JEFPKGpuEf5vw=="},
	{"scrypt", "lètmein", "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=="},
	{
		"scrypt", "correct horse 9",
		"scrypt$2048$abcdefghij012345678901$8$1$JQuAcO+Wv8gklXoRtLXCWHAkirYTGl57+LdKduMkEPQ1j/4bBpMdQNESlFFMHW7VLurG6R2OyU8B8NZKMUa6Rg==",
	},
	{"md5", "lètmein", "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"},
	{"md5", "correct horse 9", "md5$abcdefghij012345678901$96372d7efc6ae2c2da8fe300882f4d05"},
	{"md5", "lètmein", "88a434c88cca4e900f7874cd98123f43"},
	{"md5", "lètmein", "md5$$88a434c88cca4e900f7874cd98123f43"},
	{"sha1", "lètmein", "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8"},
	{"sha1", "lètmein", "sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b"},
}

// slow tells whether a vector has the cost of production, of which one check is enough.
func slow(encoded string) bool {
	r := password.ReadForTest(encoded)
	return r.Iterations > 1000 || r.Memory > 4<<10
}

func TestDjangoVectors(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	for _, v := range vectors {
		t.Run(v.encoded, func(t *testing.T) {
			t.Parallel()
			if got := password.Scheme(v.encoded); got != v.scheme {
				t.Errorf("Scheme: got %q, want %q", got, v.scheme)
			}
			testUpgrade(t, h, v.encoded, v.plain)
			if slow(v.encoded) {
				return // the same code with more work
			}
			if ok, upgraded := check(t, h, v.encoded, v.plain+"x"); ok || upgraded != "" {
				t.Errorf("a wrong password: got %v, %q", ok, upgraded)
			}
		})
	}
}

// testUpgrade holds that every hash of Django's gives way to ours, whatever its parameters are.
func testUpgrade(t *testing.T, h *password.Hasher, encoded, plain string) {
	t.Helper()
	ok, upgraded := check(t, h, encoded, plain)
	if !ok {
		t.Fatal("the right password was refused")
	}
	if got := password.Scheme(upgraded); got != "argon2id" || !strings.Contains(upgraded, ",norm=trim-nfc$") {
		t.Errorf("upgraded: got %q", upgraded)
	}
	if ok, again := check(t, h, upgraded, plain); !ok || again != "" {
		t.Errorf("the upgraded hash: got %v, %q, want true and no other upgrade", ok, again)
	}
}

// TestChangedTag changes one character of every vector's tag: nothing but the whole tag counts.
func TestChangedTag(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	for _, v := range vectors {
		if slow(v.encoded) {
			continue
		}
		i := len(v.encoded) - 6
		other := "0"
		if v.encoded[i] == '0' {
			other = "1"
		}
		if ok, upgraded := check(t, h, v.encoded[:i]+other+v.encoded[i+1:], v.plain); ok || upgraded != "" {
			t.Errorf("%s: got %v, %q with a changed tag", v.encoded, ok, upgraded)
		}
	}
}

// TestBcryptCountsSeventyTwoBytes holds what an imported bcrypt hash means; no other format has such an end.
func TestBcryptCountsSeventyTwoBytes(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	// From crypt_blowfish's own tests (Openwall, wrapper.c).
	const encoded = "bcrypt$$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
	const first = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for plain, want := range map[string]bool{first + "chars after 72 are ignored": true, first: true, first[:71]: false, first[:71] + "x": false} {
		ok, upgraded := check(t, h, encoded, plain)
		if ok != want {
			t.Errorf("Check(%q): got %v", plain, ok)
		}
		if !ok {
			continue
		}
		if same, _ := check(t, h, upgraded, plain); !same {
			t.Errorf("Check(%q) of the upgraded hash: got false", plain)
		}
		if longer, _ := check(t, h, upgraded, plain+"x"); longer {
			t.Errorf("Check(%q) of the upgraded hash of %q: got true, so it was cut", plain+"x", plain)
		}
	}
}

func TestSchemes(t *testing.T) {
	t.Parallel()
	b64 := "KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="
	own := "$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$YWJjZGVmZ2hpajAxMjM0NQ$5pRFp/082Jvs3bFen5b71LFNlFHgagF+Re/Lkm8C/PU"
	for encoded, want := range map[string]string{
		"":                        "none",
		"!":                       "unusable",
		password.Unusable():       "unusable",
		"!" + own:                 "unusable",
		own:                       "argon2id",
		"plain text":              "unknown",
		"$":                       "unknown",
		"$2b$04$abcdefghijklmnop": "unknown",
		"sha512$x$y":              "unknown",
		"PBKDF2_SHA256$1$x$y":     "unknown",
		strings.Repeat("x", 513):  "unknown",
		"crypt$$ab1Hv2Lg7ltQo":    "crypt-unsupported",
		"argon2$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q": "argon2d-unsupported",
		"$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q":       "argon2d-unsupported",
		"argon2$argon2i$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q":      "argon2-unsupported", // no version means 16
		"argon2$argon2i$v=16$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q": "argon2-unsupported",
		"$argon2i$v=16$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q":       "argon2i-unsupported",
		"argon2$argon2i$v=20$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q": "argon2-unreadable",
		"argon2$" + own[1:]:                                                   "argon2-unreadable", // Django has no norm
		"argon2$argon2id":                                                     "argon2-unreadable",
		strings.Replace(own, "trim-nfc", "nfkc", 1):                           "argon2id-unreadable",
		strings.Replace(own, "p=1,", "p=1,keyid=x,", 1):                       "argon2id-unreadable",
		strings.Replace(own, "m=19456,t=2", "t=2,m=19456", 1):                 "argon2id-unreadable",
		strings.Replace(own, "m=19456", "m=019456", 1):                        "argon2id-unreadable",
		strings.Replace(own, "m=19456", "m=+19456", 1):                        "argon2id-unreadable",
		strings.Replace(own, "m=19456", "m=7", 1):                             "argon2id-unreadable", // 8 KiB a lane
		strings.Replace(own, "t=2", "t=0", 1):                                 "argon2id-unreadable",
		strings.Replace(own, "p=1", "p=", 1):                                  "argon2id-unreadable",
		own + "$":                                                             "argon2id-unreadable",
		own + "=":                                                             "argon2id-unreadable",
		own[:len(own)-1] + "V":                                                "argon2id-unreadable", // bits beyond the tag
		strings.Replace(own, "YWJjZGVmZ2hpajAxMjM0NQ", "YWJj", 1):             "argon2id-unreadable",
		"pbkdf2_sha256$1000$salt$" + b64[:40]:                                 "pbkdf2_sha256-unreadable",
		"pbkdf2_sha256$1000$$" + b64:                                          "pbkdf2_sha256-unreadable",
		"pbkdf2_sha256$0$salt$" + b64:                                         "pbkdf2_sha256-unreadable",
		"pbkdf2_sha256$-5$salt$" + b64:                                        "pbkdf2_sha256-unreadable",
		"pbkdf2_sha256$1000$sa$lt$" + b64:                                     "pbkdf2_sha256-unreadable",
		"pbkdf2_sha1$1000$salt$" + b64:                                        "pbkdf2_sha1-unreadable",
		"scrypt$1000$salt$8$1$" + b64:                                         "scrypt-unreadable",
		"scrypt$1$salt$8$1$" + b64:                                            "scrypt-unreadable",
		"scrypt$1024$salt$1$1$" + b64:                                         "scrypt-unreadable",
		"scrypt$1024$salt$8$1":                                                "scrypt-unreadable",
		"bcrypt$$2x$04$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u": "bcrypt-unreadable",
		"bcrypt$$2b$03$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u": "bcrypt-unreadable",
		"bcrypt$$2b$4$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u":  "bcrypt-unreadable",
		"bcrypt$$2b$04$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1":  "bcrypt-unreadable",
		"bcrypt_sha256$2b$04$x":                                               "bcrypt_sha256-unreadable",
		"md5$salt":                                                            "md5-unreadable",
		"md5$salt$zz":                                                         "md5-unreadable",
		"sha1$$88a434c88cca4e900f7874cd98123f43":                              "sha1-unreadable",
	} {
		if got := password.Scheme(encoded); got != want {
			t.Errorf("Scheme(%q): got %q, want %q", encoded, got, want)
		}
	}
}

// TestNothingMatches holds that no password is right for a hash without one: the empty one least of all.
func TestNothingMatches(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	for _, encoded := range []string{
		"", "!", password.Unusable(), "plain", "crypt$$ab1Hv2Lg7ltQo", "$", "$$$$",
		"argon2$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q", "pbkdf2_sha256$1$salt$", "$argon2id$v=19$m=8,t=1,p=1$$",
	} {
		for _, plain := range []string{"", "secret", "plain", encoded} {
			if ok, upgraded := check(t, h, encoded, plain); ok || upgraded != "" {
				t.Errorf("Check(%q, %q): got %v, %q", encoded, plain, ok, upgraded)
			}
		}
	}
	if a, b := password.Unusable(), password.Unusable(); a == b || len(a) != 41 || a[0] != '!' {
		t.Errorf("Unusable twice: got %q and %q, want ! and 40 characters that differ", a, b)
	}
}

// TestCostlyImport is the attack of a row whose parameters would stop the machine: this test would not end.
func TestCostlyImport(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	tag := "5pRFp/082Jvs3bFen5b71LFNlFHgagF+Re/Lkm8C/PU"
	salt := "YWJjZGVmZ2hpajAxMjM0NQ"
	tag64 := "ECMIUp+LMxMSK8xB/IVyba+KYGTI7FTnet025q/1f/vBAVnnP3hdYqJuRi+mJn6ji6ze3Fbb7JEFPKGpuEf5vw=="
	for encoded, want := range map[string]string{
		"$argon2id$v=19$m=4294967295,t=10,p=1$" + salt + "$" + tag:                   "argon2id",
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt + "$" + tag:                        "argon2id",
		"$argon2id$v=19$m=99999999999999999999,t=1,p=1$" + salt + "$" + tag:          "argon2id",
		"$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + tag:                   "argon2id",
		"argon2$argon2id$v=19$m=64,t=11,p=1$" + salt + "$" + tag:                     "argon2",
		"argon2$argon2i$v=19$m=1024,t=1,p=17$" + salt + "$" + tag:                    "argon2",
		"argon2$argon2i$v=19$m=1024,t=1,p=256$" + salt + "$" + tag:                   "argon2",
		"pbkdf2_sha256$2000001$salt$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0=":    "pbkdf2_sha256",
		"pbkdf2_sha1$9999999999$salt$P38raRUlKdZFV1a1vbrcFgw0cKk=":                   "pbkdf2_sha1",
		"bcrypt$$2b$16$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u":        "bcrypt",
		"bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuu3pjrqtjJBMAsF7Q7cfcvglnnoJFYECK": "bcrypt_sha256",
		"scrypt$524288$salt$8$1$" + tag64:                                            "scrypt",
		"scrypt$16384$salt$9$1$" + tag64:                                             "scrypt",
		"scrypt$16384$salt$8$6$" + tag64:                                             "scrypt",
	} {
		if got := password.Scheme(encoded); got != want+"-too-costly" {
			t.Errorf("Scheme(%q): got %q", encoded, got)
		}
		if ok, upgraded := check(t, h, encoded, "secret"); ok || upgraded != "" {
			t.Errorf("Check(%q): got %v, %q", encoded, ok, upgraded)
		}
	}
	for _, encoded := range []string{ // at the caps
		"$argon2id$v=19$m=262144,t=10,p=16$" + salt + "$" + tag,
		"pbkdf2_sha256$2000000$salt$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0=",
		"bcrypt$$2b$15$abcdefghijklmnopqrstuuNQrW4HtpbvUPwWirnrwjC4bel4JAS1u",
		"scrypt$262144$salt$8$5$" + tag64,
	} {
		if got := password.Scheme(encoded); strings.Contains(got, "-") {
			t.Errorf("Scheme(%q): got %q, want it read", encoded, got)
		}
	}
}
