package password

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrTooLong reports a password of more than MaxLength code points or MaxBytes bytes. It is refused, never cut.
	ErrTooLong = errors.New("password is too long")
	// ErrMalformed reports a password that is not text: invalid UTF-8, a NUL, or the U+FFFD that decoders put in the place of what they cannot read.
	ErrMalformed = errors.New("password is malformed")
	// ErrBusy reports that no hash was computed because too many are waiting; see BusyError. It says nothing about the password.
	ErrBusy = errors.New("too many passwords are being hashed")
)

// BusyError is the ErrBusy that Hash and Check return.
type BusyError struct {
	RetryAfter time.Duration // when to try again
}

// Error says when to try again.
func (e *BusyError) Error() string { return fmt.Sprintf("%v: retry after %v", ErrBusy, e.RetryAfter) }

// Unwrap is ErrBusy.
func (*BusyError) Unwrap() error { return ErrBusy }
