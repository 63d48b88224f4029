package django_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

// Made by Django 5.2.
const (
	sessionVector  = "eyJhIjoxfQ:1r31eq:okpydDXtG5B_bW1UzGqyO_zKzxPWz6AvFEhgI6G8IIY"
	sessionHash    = "ddfabb203d0267dc3030b8b66ebec330f0672bd548d7576c06ea1f67414e455c"
	sessionHashOf  = "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"
	signedInPlain  = `{"_auth_user_id":"7","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"` + sessionHash + `"}`
	sessionSeconds = 1700000000
)

// signSession signs a session as Django would.
func signSession(key, plain string, packed bool) string {
	body := []byte(plain)
	prefix := ""
	if packed {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		_, _ = w.Write(body)
		_ = w.Close()
		body, prefix = b.Bytes(), "."
	}
	message := prefix + base64.RawURLEncoding.EncodeToString(body) + ":1r31eq"
	return message + ":" + base64.RawURLEncoding.EncodeToString(saltedMAC("django.contrib.sessions.SessionStoresigner", key, message))
}

func saltedMAC(salt, key, message string) []byte {
	derived := sha256.Sum256([]byte(salt + key))
	mac := hmac.New(sha256.New, derived[:])
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

func TestDjangosOwnSessionIsRead(t *testing.T) {
	t.Parallel()
	got, ok := keys.ReadSession(sessionVector)
	if want := (django.Session{SignedAt: time.Unix(sessionSeconds, 0).UTC()}); !ok || got != want {
		t.Errorf("got %v, %t", got, ok)
	}
}

func TestSessionsSayWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		got, ok := keys.ReadSession(signSession(testKey, signedInPlain, packed))
		want := django.Session{UserID: "7", AuthHash: sessionHash, SignedAt: time.Unix(sessionSeconds, 0).UTC()}
		if !ok || got != want {
			t.Errorf("packed %t: got %v, %t", packed, got, ok)
		}
	}
}

func TestSessionAuthHash(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{sessionHash}, keys.SessionAuthHash(sessionHashOf)); diff != "" {
		t.Error(diff)
	}
}

func TestForgedSessionsAreRefused(t *testing.T) {
	t.Parallel()
	for situation, data := range map[string]string{
		"another key":           signSession("another", signedInPlain, false),
		"another time":          strings.Replace(sessionVector, "1r31eq", "1r31er", 1),
		"another body":          "eyJhIjoyfQ" + sessionVector[10:],
		"padding":               sessionVector + "=",
		"unsigned":              "eyJhIjoxfQ:1r31eq:",
		"nothing":               "",
		"colons":                "::",
		"not packed as it says": signRaw("." + base64.RawURLEncoding.EncodeToString([]byte("x")) + ":1r31eq"),
		"no JSON":               signSession(testKey, "x", false),
		"a list":                signSession(testKey, "[]", true),
		"no time":               signRaw("eyJhIjoxfQ"),
		"a bad time":            signRaw("eyJhIjoxfQ:1r-31e"),
	} {
		if got, ok := keys.ReadSession(data); ok {
			t.Errorf("%s: got %v", situation, got)
		}
	}
	if _, ok := (django.Keys{secret.NewText("")}).ReadSession(signSession("", signedInPlain, false)); ok {
		t.Error("a session under the empty key is accepted")
	}
}

func TestDecompressionBombOfASessionIsRefused(t *testing.T) {
	t.Parallel()
	bomb := signSession(testKey, `{"a":"`+strings.Repeat("a", 50<<20)+`"}`, true)
	if len(bomb) > 1<<20 {
		t.Fatalf("%d bytes are no bomb", len(bomb))
	}
	if _, ok := keys.ReadSession(bomb); ok {
		t.Error("a bomb is accepted")
	}
}

func signRaw(message string) string {
	return message + ":" + base64.RawURLEncoding.EncodeToString(saltedMAC("django.contrib.sessions.SessionStoresigner", testKey, message))
}

// FuzzSession signs what it is given, so that the reader behind the signature is reached.
func FuzzSession(f *testing.F) {
	f.Add("eyJhIjoxfQ:1r31eq")
	f.Add(strings.Join(strings.Split(signSession(testKey, signedInPlain, true), ":")[:2], ":"))
	f.Fuzz(func(t *testing.T, message string) {
		first, ok := keys.ReadSession(signRaw(message))
		if again, _ := keys.ReadSession(signRaw(message)); ok && first != again {
			t.Errorf("%q: reads differ", message)
		}
		if _, ok := keys.ReadSession(message); ok {
			t.Errorf("%q is accepted without a signature", message)
		}
	})
}
