package auth

import "time"

// Principal is who makes a request, as an access token says it.
type Principal struct {
	UserID    UserID
	SessionID SessionID
	IssuedAt  time.Time
	ExpiresAt time.Time
	// Claims are the configured extra claims of the token; do not write to it.
	Claims map[string]any
}
