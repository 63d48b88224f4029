package django

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// tokens are what keeps a user signed in.
func (i *importer) tokens(u auth.User, b belongings) []auth.ImportedToken {
	id := string(u.ID)
	refresh, keys := b.refresh[id], b.keys[id]
	tokens := i.sessionTokens(u)
	if !u.IsActive {
		i.report.TokensLeft += len(refresh) + len(keys) // they open nothing there either
		return nil
	}
	for _, text := range refresh {
		if t, ok := i.refreshToken(u, text); ok {
			tokens = append(tokens, t)
		} else {
			i.report.TokensLeft++
		}
	}
	for _, key := range keys {
		if t, ok := i.opaqueToken(u, key); ok {
			tokens = append(tokens, t)
		} else {
			i.report.TokensLeft++
		}
	}
	return tokens
}

// refreshToken takes a refresh token that would be good in Django: of this user, and, where the site checks that, of this password.
func (i *importer) refreshToken(u auth.User, text string) (auth.ImportedToken, bool) {
	if i.options.Keys == nil {
		return auth.ImportedToken{}, false
	}
	c, err := Tokens{Keys: i.options.Keys}.read(text, i.now)
	if err != nil || c.user != string(u.ID) || c.mark != "" && c.mark != passwordMark(u.PasswordHash) {
		return auth.ImportedToken{}, false
	}
	return auth.ImportedToken{Kind: auth.ImportedRefresh, Hash: sha256.Sum256([]byte(c.id)), UserID: u.ID, ExpiresAt: c.expiresAt, Remember: true}, true
}

// opaqueToken makes a session of a key. Django's never expire; ours last as long as any session may.
func (i *importer) opaqueToken(u auth.User, key string) (auth.ImportedToken, bool) {
	if !auth.IsOpaque(secret.NewText(key)) {
		i.note(Problem{ProblemTokenShape, string(u.ID), "", "has a token that is not 40 hexadecimal digits: its holder signs in again", false})
		return auth.ImportedToken{}, false
	}
	hash := sha256.Sum256([]byte(key))
	life := i.options.Policy.SessionAbsolute
	session := auth.Session{
		ID: auth.NewSessionID(), UserID: u.ID, Parent: auth.TokenID(secret.Bytes(16)), ConfirmedAt: i.now, CreatedAt: i.now,
		IdleLifetime: life, IdleExpiresAt: i.now.Add(life), AbsoluteExpiresAt: i.now.Add(life), Remember: true, Method: "token", Opaque: hash,
	}
	return auth.ImportedToken{Kind: auth.ImportedOpaque, Hash: hash, UserID: u.ID, ExpiresAt: session.AbsoluteExpiresAt, Session: &session}, true
}

// compare notes who shares an address or a name with somebody else.
func (i *importer) compare(u auth.User) {
	id := string(u.ID)
	if key := auth.EmailKey(u.Email); key != "" {
		if first, ok := i.emails[key]; !ok {
			i.emails[key] = id
		} else if i.from.schema.login == "email" {
			i.note(Problem{ProblemSameEmail, id, "email", fmt.Sprintf("user %s has this address in other letters: only one of them can sign in by it", first), false})
		} else {
			i.note(Problem{ProblemSameEmail, id, "email", fmt.Sprintf("user %s has this address too", first), false})
		}
	}
	if i.from.schema.login == "email" {
		return
	}
	key := strings.ToLower(u.Username)
	if first, ok := i.names[key]; ok {
		i.note(Problem{ProblemSameName, id, "username", fmt.Sprintf("user %s has this name in other letters: they stay two people", first), false})
	} else {
		i.names[key] = id
	}
}
