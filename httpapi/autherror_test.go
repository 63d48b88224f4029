package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// exportedErrors is every error that package auth exports, by name: its sentinels, its types of errors, and what it calls those of others.
func exportedErrors(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../auth/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^(?:var|\t)? ?(Err[A-Z]\w*) +=|^func \(\w* ?\*?([A-Z]\w*)\) Error\(\) string|^\t([A-Z]\w*Error) += \w`).FindAllSubmatch(text, -1) {
			names = append(names, string(found[1])+string(found[2])+string(found[3]))
		}
	}
	return names
}

// endedError is the refusal of a session that has been signed out.
func endedError(t *testing.T) error {
	t.Helper()
	f := newFrontEnd(t, httpapi.Config{})
	_, refresh := f.signIn()
	if _, err := f.svc.Logout(t.Context(), auth.Client{}, secret.NewText(refresh)); err != nil {
		t.Fatal(err)
	}
	_, err := f.svc.Refresh(t.Context(), auth.Client{}, secret.NewText(refresh))
	if _, ok := errors.AsType[*auth.EndedError](err); !ok {
		t.Fatalf("Refresh: got %v, want an *auth.EndedError", err)
	}
	return err
}

// A new error of the domain must get a status on purpose, not a 500 by accident.
func TestEveryAuthErrorHasARow(t *testing.T) {
	t.Parallel()
	type row struct {
		err    error
		code   string
		status int
	}
	rows := map[string]row{
		"ErrNotFound":           {auth.ErrNotFound, "not_found", 404},
		"ErrBadCredentials":     {auth.ErrBadCredentials, "bad_credentials", 401},
		"ErrLoginNotActivated":  {auth.ErrLoginNotActivated, "bad_credentials", 401},
		"ErrLoginInactive":      {auth.ErrLoginInactive, "bad_credentials", 401},
		"ErrWrongPassword":      {auth.ErrWrongPassword, "invalid", 400},
		"ErrUserInactive":       {auth.ErrUserInactive, "user_inactive", 401},
		"ErrUserGone":           {auth.ErrUserGone, "user_not_found", 401},
		"ErrTokenInvalid":       {auth.ErrTokenInvalid, "token_not_valid", 401},
		"ErrTokenExpired":       {auth.ErrTokenExpired, "token_expired", 401},
		"ErrTokenType":          {auth.ErrTokenType, "token_type", 401},
		"ErrSessionEnded":       {auth.ErrSessionEnded, "session_ended", 401},
		"ErrSessionCompromised": {auth.ErrSessionCompromised, "session_compromised", 401},
		"ErrRefreshSuperseded":  {auth.ErrRefreshSuperseded, "refresh_superseded", 409},
		"ErrWindowOver":         {auth.ErrWindowOver, "window_over", 401},
		"ErrUnknownUID":         {auth.ErrUnknownUID, "invalid", 400},
		"ErrOneTimeToken":       {auth.ErrOneTimeToken, "invalid", 400},
		"ErrActivationOff":      {auth.ErrActivationOff, "activation_off", 400},
		"ErrEmailUnknown":       {auth.ErrEmailUnknown, "email_unknown", 400},
		"ErrForbidden":          {auth.ErrForbidden, "permission_denied", 403},
		"ErrUsernameTaken":      {auth.ErrUsernameTaken, "invalid", 400},
		"ErrUnavailable":        {auth.ErrUnavailable, "unavailable", 503},
		"ErrKeyTooYoung":        {auth.ErrKeyTooYoung, "internal", 500}, // only operators meet it
		"ErrMailRefused":        {auth.ErrMailRefused, "internal", 500},
		"ErrKeysSealed":         {auth.ErrKeysSealed, "unavailable", 503},
		"LimitError":            {&auth.LimitError{RetryAfter: time.Second}, "throttled", 429},
		"EndedError":            {endedError(t), "session_ended", 401},
		"InputError":            {&auth.InputError{Fields: []auth.FieldError{{Field: "email", Code: auth.FieldEmailTaken}}}, "invalid", 400},
	}
	names := exportedErrors(t)
	if len(names) < len(rows) {
		t.Fatalf("package auth exports %v, want at least the %d known", names, len(rows))
	}
	for _, name := range names {
		want, ok := rows[name]
		if !ok {
			t.Errorf("auth.%s has no row in this test", name)
			continue
		}
		code, status, known := httpapi.ProblemOf(want.err)
		if code != want.code || status != want.status || !known {
			t.Errorf("auth.%s: got %s %d, in the table %t; want %s %d", name, code, status, known, want.code, want.status)
		}
		code, status, _ = httpapi.ProblemOf(fmt.Errorf("wrapped: %w", want.err))
		if code != want.code || status != want.status {
			t.Errorf("auth.%s, wrapped: got %s %d, want %s %d", name, code, status, want.code, want.status)
		}
	}
}

func TestOtherErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"too many passwords": {&password.BusyError{RetryAfter: 2 * time.Second}, http.StatusServiceUnavailable},
		"unknown":            {http.ErrNotSupported, http.StatusInternalServerError},
	} {
		if _, status, _ := httpapi.ProblemOf(c.err); status != c.status {
			t.Errorf("%s: got %d, want %d", name, status, c.status)
		}
	}
}
