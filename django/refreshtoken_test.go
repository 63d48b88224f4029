package django_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

const jwtKey = "0123456789abcdef0123456789abcdef"

var jwtKeys = django.Keys{secret.NewText(jwtKey)}

// Made by simplejwt 5.5 with PyJWT 2.12.
const (
	accessVector  = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxNzAwMDAwMzAwLCJpYXQiOjE3MDAwMDAwMDAsImp0aSI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwidXNlcl9pZCI6IjEifQ.p3huQlfGH2T9McKggGLdZF0hnB6V8Yeinbjjb_xecMM"
	refreshVector = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTcwMDA4NjQwMCwiaWF0IjoxNzAwMDAwMDAwLCJqdGkiOiJmZWRjYmE5ODc2NTQzMjEwZmVkY2JhOTg3NjU0MzIxMCIsInVzZXJfaWQiOiIxIn0.oVW_3qix9ex9OMZSA3f0PpSuI9GEl2mJjLj3ZGKKOYc"
)

var jwtNow = time.Unix(1700000100, 0)

// signJWT signs any payload as simplejwt would.
func signJWT(key, header, payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

const jwtHeader = `{"alg":"HS256","typ":"JWT"}`

func TestSimplejwtsOwnRefreshTokenIsRead(t *testing.T) {
	t.Parallel()
	got, err := django.Tokens{Keys: jwtKeys}.ReadRefresh(secret.NewText(refreshVector), jwtNow)
	want := auth.ForeignToken{
		Kind: auth.ImportedRefresh, Hash: sha256.Sum256([]byte("fedcba9876543210fedcba9876543210")), UserID: "1", ExpiresAt: time.Unix(1700086400, 0).UTC(),
	}
	if err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestRefreshTokensOfOldVersionsAreRead(t *testing.T) {
	t.Parallel()
	payload := `{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":7}`
	for _, header := range []string{jwtHeader, `{"typ":"JWT","alg":"HS256"}`} {
		got, err := django.Tokens{Keys: jwtKeys}.ReadRefresh(secret.NewText(signJWT(jwtKey, header, payload)), jwtNow)
		if err != nil || got.UserID != "7" {
			t.Errorf("%s: got %v, %v", header, got, err)
		}
	}
}

func TestRefreshTokensAreRefused(t *testing.T) {
	t.Parallel()
	signed := func(payload string) string { return signJWT(jwtKey, jwtHeader, payload) }
	parts := strings.Split(refreshVector, ".")
	for situation, tc := range map[string]struct {
		token string
		want  error
	}{
		"an access token":        {accessVector, auth.ErrTokenType},
		"another type":           {signed(`{"token_type":"sliding","exp":1700086400,"jti":"0a","user_id":"1"}`), auth.ErrTokenType},
		"no type":                {signed(`{"exp":1700086400,"jti":"0a","user_id":"1"}`), auth.ErrTokenType},
		"expired now":            {signed(`{"token_type":"refresh","exp":1700000100,"jti":"0a","user_id":"1"}`), auth.ErrTokenExpired},
		"no exp":                 {signed(`{"token_type":"refresh","jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"exp as text":            {signed(`{"token_type":"refresh","exp":"1700086400","jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"exp as a fraction":      {signed(`{"token_type":"refresh","exp":1700086400.5,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"exp beyond all years":   {signed(`{"token_type":"refresh","exp":9000000000000000000,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"no jti":                 {signed(`{"token_type":"refresh","exp":1700086400,"user_id":"1"}`), auth.ErrTokenInvalid},
		"no user":                {signed(`{"token_type":"refresh","exp":1700086400,"jti":"0a"}`), auth.ErrTokenInvalid},
		"user as a list":         {signed(`{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":["1"]}`), auth.ErrTokenInvalid},
		"issued in the future":   {signed(`{"token_type":"refresh","exp":1700086400,"iat":1700000101,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"good later":             {signed(`{"token_type":"refresh","exp":1700086400,"nbf":1700000101,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"a name twice":           {signed(`{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":"1","user_id":"2"}`), auth.ErrTokenInvalid},
		"bytes after the object": {signed(`{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":"1"}{}`), auth.ErrTokenInvalid},
		"a list":                 {signed(`["refresh"]`), auth.ErrTokenInvalid},
		"no JSON":                {signed(`x`), auth.ErrTokenInvalid},
		"algorithm none":         {signJWT(jwtKey, `{"alg":"none","typ":"JWT"}`, `{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"none without signature": {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".", auth.ErrTokenInvalid},
		"another key":            {signJWT("another", jwtHeader, `{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":"1"}`), auth.ErrTokenInvalid},
		"padding":                {refreshVector + "=", auth.ErrTokenInvalid},
		"a line break":           {refreshVector[:60] + "\n" + refreshVector[60:], auth.ErrTokenInvalid},
		"other unused bits":      {refreshVector[:len(refreshVector)-1] + "d", auth.ErrTokenInvalid},
		"too many parts":         {refreshVector + ".x", auth.ErrTokenInvalid},
		"too long":               {strings.Repeat("a", 5000) + "." + parts[1] + "." + parts[2], auth.ErrTokenInvalid},
		"empty":                  {"", auth.ErrTokenInvalid},
	} {
		if got, err := (django.Tokens{Keys: jwtKeys}).ReadRefresh(secret.NewText(tc.token), jwtNow); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, %v; want %v", situation, got, err, tc.want)
		}
	}
}

func TestNoKeySignsNothing(t *testing.T) {
	t.Parallel()
	forged := signJWT("", jwtHeader, `{"token_type":"refresh","exp":1700086400,"jti":"0a","user_id":"1"}`)
	for _, none := range []django.Keys{nil, {secret.NewText("")}, {secret.Text{}}} {
		if _, err := (django.Tokens{Keys: none}).ReadRefresh(secret.NewText(forged), jwtNow); !errors.Is(err, auth.ErrTokenInvalid) {
			t.Errorf("a token under the empty key: got %v", err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	got, err := django.ParseKeys("new key#1\r\nold key\n")
	if err != nil || len(got) != 2 || got[0].Reveal() != "new key#1" || got[1].Reveal() != "old key" {
		t.Errorf("two keys: got %d, %v", len(got), err)
	}
	for _, text := range []string{"", "\n", "a\n\nb", " \n", strings.Repeat("x", 5000)} {
		if got, err := django.ParseKeys(text); err == nil {
			t.Errorf("%.20q: got %d keys", text, len(got))
		}
	}
}

func FuzzRefreshToken(f *testing.F) {
	f.Add(refreshVector)
	f.Add(accessVector)
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := (django.Tokens{Keys: jwtKeys}).ReadRefresh(secret.NewText(token), jwtNow); err == nil && token != refreshVector {
			t.Errorf("%q is accepted", token)
		}
	})
}

// FuzzRefreshPayload signs what it is given, so that the reader of claims is reached.
func FuzzRefreshPayload(f *testing.F) {
	f.Add(`{"token_type":"refresh","exp":1700086400,"iat":1700000000,"jti":"0a","user_id":7}`)
	f.Fuzz(func(t *testing.T, payload string) {
		token, err := django.Tokens{Keys: jwtKeys}.ReadRefresh(secret.NewText(signJWT(jwtKey, jwtHeader, payload)), jwtNow)
		if err == nil && (token.UserID == "" || !jwtNow.Before(token.ExpiresAt)) {
			t.Errorf("%q: got %v", payload, token)
		}
	})
}
