package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// No kind of token passes for another. Who holds a genuine one of the other kind is told so; a stranger is not.
func TestAttackKindConfusion(t *testing.T) {
	t.Parallel()
	m := master(t)
	refreshKeys, others := newRefreshKeys(t, m), newRefreshKeys(t)
	eachWorld(t, func(w world) {
		t := w.t
		refresh := refreshKeys.Sign(refreshToken())
		w.refuse("refresh token, where none are known", refresh)
		w.verifier = newVerifier(t, newRing(t, w.key), func(c *token.VerifierConfig) { c.Refresh = refreshKeys })
		w.refuseAs("refresh token", refresh, token.ErrWrongType)
		ended := refreshToken()
		ended.ExpiresAt = now.Add(time.Second)
		w.refuseAs("refresh token whose time is over", refreshKeys.Sign(ended), token.ErrWrongType)
		w.refuse("refresh token of another server", others.Sign(refreshToken()))
		w.refuse("altered refresh token", flipLast(refresh))

		if _, err := refreshKeys.Parse(w.genuine); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Parse access token: %v, want ErrInvalid", err)
		}
		w.refuseAs("token_type refresh in an access token", w.forge(header(w.key), with(payload(), "token_type", "refresh")), token.ErrWrongType)
		for _, kind := range []string{"rt+jwt", "JWT", "secevent+jwt", "dpop+jwt", "csrf", "id_token"} { // whoever signed it
			w.refuse(kind, w.forge(with(header(w.key), "typ", kind), payload()))
		}
	})

	// The keys of two purposes differ, so even the right form under the wrong one is nothing.
	child := m.Children("refresh-token")[0]
	for _, purpose := range []string{"csrf", "signing-key", "reset-password", ""} {
		other := m.Children(purpose)[0]
		text := forgeRefresh(t, secret.Child{ID: child.ID, Key: other.Key}, refreshHeader(child), refreshPayload())
		if _, err := refreshKeys.Parse(text); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Parse refresh token under the key for %q: %v, want ErrInvalid", purpose, err)
		}
	}
}

func flipLast(text string) string {
	last := byte('A')
	if text[len(text)-5] == last {
		last = 'B'
	}
	return text[:len(text)-5] + string(last) + text[len(text)-4:]
}

// A signer of access tokens with a secret that another party holds as well must not reach refresh tokens.
func TestAttackRefreshTokenFromSharedSecret(t *testing.T) {
	t.Parallel()
	child := master(t).Children("refresh-token")[0]
	keys := token.NewRefreshKeys([]secret.Child{child}, issuer)
	for _, key := range []string{sharedSecret, ""} {
		text := forgeRefresh(t, secret.Child{ID: child.ID, Key: []byte(key)}, refreshHeader(child), refreshPayload())
		if _, err := keys.Parse(text); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Parse: %v, want ErrInvalid", err)
		}
	}
}

// A row of the database names a session, its tokens and its generation, and a row of keys holds sealed bytes. All of it together makes no token:
// what is missing is the master key, which is not in the database.
func TestAttackMintFromDatabaseRow(t *testing.T) {
	t.Parallel()
	m := master(t)
	keys := newRefreshKeys(t, m)
	row := refreshToken()
	key := newKey(t, token.ES256)
	sealed, err := key.Seal(m)
	if err != nil {
		t.Fatal(err)
	}
	ring := newRing(t, key)
	w := world{t: t, key: key, verifier: newVerifier(t, ring, func(c *token.VerifierConfig) { c.Refresh = keys })}
	id := m.Children("refresh-token")[0].ID // stands in each refresh token
	for what, guess := range map[string][]byte{
		"session id": row.SessionID[:], "token id": row.ID[:], "parent": row.Parent[:], "session and parent": append(row.SessionID[:], row.Parent[:]...),
		"sealed key": sealed, "key id": []byte(id), "public keys": ring.JWKS(), "kid": []byte(key.ID), "nothing": {}, "zeros": make([]byte, 32),
	} {
		refresh := forgeRefresh(t, secret.Child{ID: id, Key: guess}, refreshHeader(secret.Child{ID: id}), refreshPayload())
		if _, err := keys.Parse(refresh); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Parse under %s: %v, want ErrInvalid", what, err)
		}
		head := encode([]byte(jsonOf(t, with(header(key), "alg", "HS256"))))
		w.refuse(what, signWith(t, jwt.SigningMethodHS256, guess, head, encode([]byte(jsonOf(t, payload())))))
	}
	if _, err := token.OpenKey(master(t), key.ID, key.Algorithm, sealed); err == nil {
		t.Error("OpenKey under another master key: no error")
	}
}
