// Package auth is the domain of Cartouche: users, sessions, and the rules by which people sign in, stay signed in
// and sign out. It knows no HTTP, no SQL and no files, and it never asks the machine for the time.
//
// # Words
//
// Each word means one thing in Go, SQL, JSON, TypeScript and the documentation.
//
//   - user: an account.
//   - session: one sign-in on one device. It is the family of its refresh tokens.
//   - access token: a short-lived signed JWT that names a user and a session.
//   - refresh token: a place in one session's lineage; it buys the next access token.
//   - grant: what a sign-in or a refresh hands out.
//   - principal: who makes this request.
//   - client: where a request comes from (address, user agent).
//   - carrier: how a token travels (body, cookie).
//   - dialect: how one kind of front end sees the operations.
//   - event: one line of the audit trail.
//   - policy: every number that may be turned.
//   - revocation: an entry that kills access tokens before they expire.
//
// # Reading order
//
// A file named after a noun (user.go, session.go) holds a type and its part of [Store]; a file named after a verb
// (login.go, refresh.go) holds one method of [Service]. The heart is refresh.go.
package auth
