// Package token makes and checks the two kinds of tokens that Cartouche hands out, and holds the keys that sign them.
//
//   - An access token is a JWT that others may verify with the public keys of a [Keyring] (RFC 7519, typ "at+jwt" of RFC 9068). It names a user and a
//     session, lives for minutes, and carries the claims that Django's simplejwt asks for.
//   - A refresh token is a JWT in form only (typ "rt+jwt"): nobody but the holder of the master key can make or check one. It is a place in the
//     lineage of one session.
//
// The package knows no users, no stores and no HTTP, and never asks for the time. Signatures are those of golang-jwt; the form of a token is
// checked here, in front of them, because no library is as strict as RFC 8725 asks. Every byte of a token has one encoding, every key one
// algorithm, and a stranger learns nothing but [ErrInvalid].
package token
