package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/token"
)

// authError says which problem an error of the domain is.
type authError struct {
	err    error
	code   string
	finer  []string    // see problem.finer
	fields fieldErrors // for errors that are about one field
}

// authErrors is the table of the domain's errors. The first row that an error is counts, so what wraps another stands before it.
func authErrors() []authError {
	return []authError{
		{err: auth.ErrUnavailable, code: "unavailable"},
		{err: auth.ErrLoginNotActivated, code: "bad_credentials", finer: []string{"not_activated", "user_inactive"}},
		{err: auth.ErrLoginInactive, code: "bad_credentials", finer: []string{"user_inactive"}},
		{err: auth.ErrBadCredentials, code: "bad_credentials"},
		{err: auth.ErrWrongPassword, code: "invalid", fields: oneField("current_password", wrongPassword)},
		{err: auth.ErrUnknownUID, code: "invalid", fields: oneField("uid", unknownUID)},
		{err: auth.ErrOneTimeToken, code: "invalid", fields: oneField("token", invalidLink)},
		{err: auth.ErrActivationOff, code: "activation_off"},
		{err: auth.ErrEmailUnknown, code: "email_unknown"},
		{err: auth.ErrForbidden, code: "permission_denied"},
		{err: auth.ErrUsernameTaken, code: "invalid", fields: oneField("username", usernameTaken)},
		{err: auth.ErrUserInactive, code: "user_inactive"},
		{err: auth.ErrUserGone, code: "user_not_found"},
		{err: auth.ErrSessionCompromised, code: "session_compromised"},
		{err: auth.ErrRefreshSuperseded, code: "refresh_superseded"},
		{err: auth.ErrSessionEnded, code: "session_ended"},
		{err: auth.ErrTokenExpired, code: "token_expired"},
		{err: auth.ErrTokenType, code: "token_type"},
		{err: auth.ErrTokenInvalid, code: "token_not_valid"},
		{err: auth.ErrWindowOver, code: "window_over"},
		{err: auth.ErrKeysSealed, code: "unavailable"},
		{err: auth.ErrKeyTooYoung, code: "internal"}, // operators only
		{err: auth.ErrMailRefused, code: "internal"}, // the worker's only
		{err: auth.ErrNotFound, code: "not_found"},
		{err: password.ErrBusy, code: "busy"},
		{err: context.Canceled, code: "unavailable"},
		{err: context.DeadlineExceeded, code: "unavailable"},
	}
}

// retryLater is when a client may try again after a 503.
const retryLater = time.Second

// authProblem finds the row of an error.
func authProblem(err error) *problem {
	for _, row := range authErrors() {
		if !errors.Is(err, row.err) {
			continue
		}
		p := &problem{code: row.code, finer: row.finer, fields: row.fields, detail: missingClaim(err), cause: err}
		if ended, ok := errors.AsType[*auth.EndedError](err); ok {
			p.reason = ended.Reason
		}
		if p.kind().status == http.StatusServiceUnavailable {
			p.retryAfter = retryLater
		}
		if busy, ok := errors.AsType[*password.BusyError](err); ok {
			p.retryAfter = busy.RetryAfter
		}
		return p
	}
	return &problem{code: "internal", cause: err}
}

const noUserClaim = "Token contained no recognizable user identification"

// missingClaim is what simplejwt says of a genuine token that lacks a claim; empty for other errors.
func missingClaim(err error) string {
	e, ok := errors.AsType[*token.Error](err)
	if !ok {
		return ""
	}
	switch e.Claim {
	case "jti":
		return "Token has no id"
	case "token_type":
		return "Token has no type"
	case "sub", "user_id":
		return noUserClaim
	default:
		return "Token has no '" + e.Claim + "' claim"
	}
}

// tokenError says of a token in a body what simplejwt's token views say.
func tokenError(err error) error {
	p := problemOf(err)
	if p.code == "user_inactive" || p.code == "user_not_found" {
		p.detail = "No active account found for the given token."
	}
	return p
}

// errBearer refuses the access token of a request in the shape of simplejwt's authenticator.
func errBearer(err error) error {
	p := problemOf(err)
	p.bearer = p.detail != noUserClaim
	return p
}

// errNotAuthenticated is for requests that bring no credentials.
func errNotAuthenticated() error { return &problem{code: "not_authenticated"} }

// errBadHeader is for Authorization headers that hold anything but a word and a token.
func errBadHeader() error { return &problem{code: "bad_authorization_header"} }

// errNoRefreshToken is for refreshes without their cookie.
func errNoRefreshToken() error { return &problem{code: "token_missing"} }

// errNoRoute is for paths that lead nowhere.
func errNoRoute() error { return &problem{code: "not_found"} }

// errMethod is for methods that a path does not answer.
func errMethod(method string) error {
	return &problem{code: "method_not_allowed", detail: fmt.Sprintf(`Method "%s" not allowed.`, method)}
}

// errNotAcceptable is for requests whose Accept header leaves out JSON.
func errNotAcceptable() error { return &problem{code: "not_acceptable"} }

// errInternal is for what must not happen. The caller has logged it.
func errInternal() error { return &problem{code: "internal"} }

// errParse is for bodies that do not follow their format, such as "JSON"; what says where and why.
func errParse(format, what string) error {
	return &problem{code: "parse_error", detail: format + " parse error - " + what}
}

// errTooLarge is for bodies over the limit.
func errTooLarge() error { return &problem{code: "too_large"} }

// errMediaType is for bodies of a type that nobody reads here.
func errMediaType(contentType string) error {
	return &problem{code: "unsupported_media_type", detail: `Unsupported media type "` + strings.ToValidUTF8(contentType, "\uFFFD") + `" in request.`}
}

// errCSRF refuses a request that another site may have caused; the reasons are Django's.
func errCSRF(reason string) error {
	return &problem{code: "csrf_failed", detail: "CSRF Failed: " + reason}
}

// errCookieTwice refuses a request that brings a cookie of ours twice.
func errCookieTwice(name string) error {
	return &problem{code: "cookie_twice", detail: "Cookie " + name + " was sent twice."}
}
