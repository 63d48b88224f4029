package django

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// ResetTokens checks the tokens of Django's links for resetting a password and activating an account. It implements auth.ForeignLinks. Concurrent use is safe.
//
// Such a token is an HMAC over who the user was when it was mailed, so a change of password, address or last sign-in kills it. That it is used
// once only is seen to by package auth.
type ResetTokens struct {
	Keys Keys
	// Timeout is PASSWORD_RESET_TIMEOUT; zero: three days, Django's default.
	Timeout time.Duration
	// Location is TIME_ZONE, because Django counts in the server's local time, and where USE_TZ is off writes the last sign-in in it; nil: UTC.
	Location *time.Location
	// Until switches everything off at a time, whatever a token says. Zero: nothing is accepted.
	Until time.Time
}

var _ auth.ForeignLinks = ResetTokens{}

const (
	resetSalt      = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
	defaultTimeout = 3 * 24 * time.Hour
	maxBase36      = 13 // digits
	resetDigits    = 32 // hexadecimal ones
)

// CheckLink implements auth.ForeignLinks.
func (r ResetTokens) CheckLink(user auth.User, text secret.Text, now time.Time) (expiresAt time.Time, ok bool) {
	stamp, mac, ok := splitResetToken(text.Reveal())
	if !ok || !now.Before(r.Until) {
		return time.Time{}, false
	}
	if !r.genuine(user, stamp, mac) {
		return time.Time{}, false
	}
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	// A token of exactly that age is good; one from the future is not older than the limit either, and its maker had the key.
	age := r.seconds(now) - stamp
	if left := int64(timeout/time.Second) - age; left >= 0 {
		return now.Add(time.Duration(min(left, int64(timeout/time.Second))+1) * time.Second), true
	}
	return time.Time{}, false
}

// splitResetToken takes a token apart that is spelled as Django spells it: whatever else int(…, 36) would read is refused, or one token had many names.
func splitResetToken(token string) (stamp int64, mac string, ok bool) {
	digits, mac, found := strings.Cut(token, "-")
	if !found || len(digits) > maxBase36 || len(mac) != resetDigits {
		return 0, "", false
	}
	stamp, err := strconv.ParseInt(digits, 36, 64)
	return stamp, mac, err == nil && stamp >= 0 && strconv.FormatInt(stamp, 36) == digits
}

// seconds counts from the start of 2001 by the clock on Django's wall.
func (r ResetTokens) seconds(now time.Time) int64 {
	_, offset := now.In(r.location()).Zone()
	return now.Unix() + int64(offset) - time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
}

func (r ResetTokens) location() *time.Location {
	if r.Location == nil {
		return time.UTC
	}
	return r.Location
}

// genuine tells whether the token was made for the user as he is, with his last sign-in in UTC or, where USE_TZ is off, in local time.
func (r ResetTokens) genuine(user auth.User, stamp int64, mac string) bool {
	for _, location := range []*time.Location{time.UTC, r.location()} {
		message := resetMessage(user, stamp, location)
		if r.Keys.verify([]byte(mac), func(key secret.Text) []byte { return resetMAC(key, message) }) {
			return true
		}
	}
	return false
}

// resetMessage is who the user is, as Django writes it.
func resetMessage(user auth.User, stamp int64, location *time.Location) string {
	login := ""
	if !user.LastLogin.IsZero() {
		login = user.LastLogin.In(location).Format("2006-01-02 15:04:05")
	}
	return string(user.ID) + user.PasswordHash + login + strconv.FormatInt(stamp, 10) + user.Email
}

// resetMAC is every other digit of the HMAC.
func resetMAC(key secret.Text, message string) []byte {
	digits := hex.EncodeToString(salted(resetSalt, key, message))
	half := make([]byte, 0, resetDigits)
	for i := 0; i < len(digits); i += 2 {
		half = append(half, digits[i])
	}
	return half
}
