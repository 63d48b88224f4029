package token

import (
	"errors"
	"fmt"
)

// Errors that callers ask for with [errors.Is]. Only the holder of a genuine token can make another one appear than ErrInvalid and ErrUnknownKey.
var (
	// ErrInvalid reports a token that was never ours, or was altered.
	ErrInvalid = errors.New("token is invalid")
	// ErrExpired reports a genuine token whose time is over.
	ErrExpired = errors.New("token is expired")
	// ErrWrongType reports a genuine token of another kind than the one asked for.
	ErrWrongType = errors.New("token has wrong type")
	// ErrUnknownKey reports a token of the right form whose key is not in the ring. It is an ErrInvalid; reading the keys again may help.
	ErrUnknownKey = fmt.Errorf("%w: unknown key", ErrInvalid)
)

// Error reports a token that one of our keys signed but that lacks a claim. It is an [ErrInvalid].
type Error struct {
	// Claim is the name of the missing claim, such as "exp".
	Claim string
}

// Error names the claim.
func (e *Error) Error() string { return fmt.Sprintf("token has no %q claim", e.Claim) }

// Unwrap makes the error an ErrInvalid.
func (e *Error) Unwrap() error { return ErrInvalid }
