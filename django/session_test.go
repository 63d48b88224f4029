package django_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
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
	got, err := keys.ReadSession(sessionVector)
	if want := (django.Session{SignedAt: time.Unix(sessionSeconds, 0).UTC()}); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSessionsSayWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		got, err := keys.ReadSession(signSession(testKey, signedInPlain, packed))
		want := django.Session{UserID: "7", AuthHash: sessionHash, Backend: "django.contrib.auth.backends.ModelBackend", SignedAt: time.Unix(sessionSeconds, 0).UTC()}
		if err != nil || got != want {
			t.Errorf("packed %t: got %v, %v", packed, got, err)
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
	for situation, tc := range map[string]struct {
		data string
		want error
	}{
		"another key":           {signSession("another", signedInPlain, false), django.ErrSessionForged},
		"another time":          {strings.Replace(sessionVector, "1r31eq", "1r31er", 1), django.ErrSessionForged},
		"another body":          {"eyJhIjoyfQ" + sessionVector[10:], django.ErrSessionForged},
		"padding":               {sessionVector + "=", django.ErrSessionForged},
		"unsigned":              {"eyJhIjoxfQ:1r31eq:", django.ErrSessionForged},
		"nothing":               {"", django.ErrSessionShape},
		"colons":                {"::", django.ErrSessionForged},
		"not packed as it says": {signRaw("." + base64.RawURLEncoding.EncodeToString([]byte("x")) + ":1r31eq"), django.ErrSessionShape},
		"nothing, packed":       {signSession(testKey, "", true), django.ErrSessionShape},
		"no JSON":               {signSession(testKey, "x", false), django.ErrSessionShape},
		"a list":                {signSession(testKey, "[]", true), django.ErrSessionShape},
		"no time":               {signRaw("eyJhIjoxfQ"), django.ErrSessionShape},
		"a bad time":            {signRaw("eyJhIjoxfQ:1r-31e"), django.ErrSessionShape},
		"two users":             {signSession(testKey, `{"_auth_user_id":"7","_auth_user_id":"8"}`, false), django.ErrSessionShape},
	} {
		if got, err := keys.ReadSession(tc.data); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, %v; want %v", situation, got, err, tc.want)
		}
	}
	if _, err := (django.Keys{secret.NewText("")}).ReadSession(signSession("", signedInPlain, false)); !errors.Is(err, django.ErrSessionForged) {
		t.Error("a session under the empty key is accepted")
	}
}

func TestDecompressionBombOfASessionIsRefused(t *testing.T) {
	t.Parallel()
	bomb := signSession(testKey, `{"a":"`+strings.Repeat("a", 50<<20)+`"}`, true)
	if len(bomb) > 1<<20 {
		t.Fatalf("%d bytes are no bomb", len(bomb))
	}
	if _, err := keys.ReadSession(bomb); !errors.Is(err, django.ErrSessionShape) {
		t.Errorf("a bomb: %v", err)
	}
}

// A pickle is a program. Under a good signature too, it is somebody's who had the key.
func TestPicklePayloadOfASessionIsNotRead(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		for _, pickle := range []string{"\x80\x05}\x94.", "\x80\x04cos\nsystem\n(S'id'\ntR."} {
			if got, err := keys.ReadSession(signSession(testKey, pickle, packed)); !errors.Is(err, django.ErrSessionPickled) {
				t.Errorf("packed %t: got %v, %v", packed, got, err)
			}
		}
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
		first, err := keys.ReadSession(signRaw(message))
		if again, _ := keys.ReadSession(signRaw(message)); err == nil && first != again {
			t.Errorf("%q: reads differ", message)
		}
		if _, err := keys.ReadSession(message); err == nil {
			t.Errorf("%q is accepted without a signature", message)
		}
	})
}
