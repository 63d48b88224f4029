package httpapi

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// check reports every mistake of a dialect, and readies its answers.
func (d *Dialect) check() error {
	var errs []error
	d.Routes = slices.Clone(d.Routes) // the caller's stay as they are
	if !d.native {
		errs = append(errs, d.Cookies.check())
	}
	for i := range d.Routes {
		if err := d.checkRoute(&d.Routes[i]); err != nil {
			errs = append(errs, fmt.Errorf("path %q: %w", d.Routes[i].Path, err))
		}
	}
	if strings.ContainsFunc(d.Challenge, func(r rune) bool { return r < ' ' || r > '~' }) {
		errs = append(errs, fmt.Errorf("challenge: %q: must be visible ASCII characters", d.Challenge))
	}
	errs = append(errs, d.checkUserFields(), checkRefusals(d.Refusals), d.checkSliding())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("dialect %s: %w", d.Name, err)
	}
	return nil
}

// routePath is what a path may be: plain segments, perhaps after the prefix, and at last perhaps an id.
//
//nolint:gochecknoglobals // compiled once
var routePath = regexp.MustCompile(`^(/|\{prefix\})(([A-Za-z0-9._~-]|\{login_field\})+(/|$))*(\{id\}/?)?$`)

func (d *Dialect) checkRoute(r *Route) error {
	var errs []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if r.Carrier == "" {
		r.Carrier = InBody
	}
	if r.Status == 0 {
		r.Status = 200
	}
	hasID := strings.Contains(r.Path, "{id}")
	dots := strings.Contains(r.Path+"/", "/./") || strings.Contains(r.Path+"/", "/../")
	must(routePath.MatchString(r.Path) && !dots, "must begin with / and have segments of letters, digits and . _ ~ - only")
	must(!slices.Contains(documentPaths(), strings.TrimSuffix(r.Path, "/")), "is taken by a public document")
	must(slices.Contains(operations(), r.Operation), "operation %q is not known", r.Operation)
	must(hasID == (r.Operation == OpSessionByID || r.Operation == OpUserByID), "{id} belongs to the operation session_by_id or user_by_id, and to no other")
	must(r.Carrier == InBody || r.Carrier == InCookie, "carrier %q: must be body or cookie", r.Carrier)
	must(r.Status >= 200 && r.Status <= 299, "status %d: must be 200 to 299", r.Status)
	for _, name := range r.LoginBy {
		must(name == "username" || name == "email", "login_by: %q: must be username or email", name)
	}
	for name, limit := range r.Limits {
		must(limit > 0, "limits: %s: must be positive", name)
	}
	must(r.Field != "" || !r.needsField(), "field: missing: it names the member of the request that has the token")
	must(d.native || d.Cookies.CSRF.Name != "" || r.Carrier == InBody && r.Operation != OpCSRF, "cookies: missing, and the route works with cookies")
	must(d.native || d.Cookies.Refresh.Name != "" || !r.needsRefreshCookie(), "cookies: refresh: missing, and the route reads it")
	answer, err := parseTemplate(r.Answer)
	if err != nil {
		errs = append(errs, fmt.Errorf("answer: %w", err))
	}
	r.answer = answer
	if r.answerInactive, err = parseTemplate(r.AnswerInactive); err != nil {
		errs = append(errs, fmt.Errorf("answer_inactive: %w", err))
	}
	return errors.Join(append(errs, checkRefusals(r.Refusals))...)
}

// needsField tells whether a route takes its token out of the body.
func (r *Route) needsField() bool {
	switch r.Operation {
	case OpVerify, OpBlacklist, OpSlidingRefresh, OpClassicSession:
		return true
	case OpRefresh:
		return r.Carrier == InBody
	default:
		return false
	}
}

func (r *Route) needsRefreshCookie() bool {
	return r.Carrier == InCookie && (r.Operation == OpRefresh || r.Operation == OpClassicSession)
}

func (d *Dialect) checkUserFields() error {
	var errs []error
	for _, field := range d.UserFields {
		if _, known := userFieldValues()[field]; !known {
			errs = append(errs, fmt.Errorf("user_fields: %q is not a field that may be shown", field))
		}
	}
	return errors.Join(errs...)
}

// maxSlidingLifetime bounds a token that its holder can use until it expires, wherever it has been copied to.
const maxSlidingLifetime = 15 * time.Minute

// checkSliding refuses the classic mistake of old drf-jwt settings: a token of 14 days that can be refreshed for 7, so that whoever
// has it keeps it for a week after nobody may renew it any more, and no sign-out reaches other services.
func (d *Dialect) checkSliding() error {
	uses := slices.ContainsFunc(d.Routes, func(r Route) bool { return r.Operation == OpSlidingLogin || r.Operation == OpSlidingRefresh })
	if !uses {
		return nil
	}
	s := d.Sliding
	switch {
	case s.Lifetime <= 0 || s.Window <= 0:
		return errors.New("sliding: lifetime and window must be positive")
	case s.Lifetime > s.Window:
		return fmt.Errorf("sliding: lifetime %s outlives the refresh window of %s: such a token works after it can no longer be refreshed", s.Lifetime, s.Window)
	case s.Lifetime > maxSlidingLifetime:
		return fmt.Errorf("sliding: lifetime %s: must be at most %s, because an access token cannot be taken back everywhere at once", s.Lifetime, maxSlidingLifetime)
	}
	return nil
}

func checkRefusals(refusals map[string]Refusal) error {
	var errs []error
	for code, r := range refusals {
		if _, known := problemKinds[code]; !known && !slices.ContainsFunc(authErrors(), func(row authError) bool { return slices.Contains(row.finer, code) }) {
			errs = append(errs, fmt.Errorf("refusal %s: there is no such code", code))
		}
		if r.Status != 0 && (r.Status < 400 || r.Status > 499) {
			errs = append(errs, fmt.Errorf("refusal %s: status %d: must be 400 to 499", code, r.Status))
		}
		if _, err := parseTemplate(r.Body); err != nil {
			errs = append(errs, fmt.Errorf("refusal %s: %w", code, err))
		}
	}
	return errors.Join(errs...)
}

// documentPaths are the paths that documents.go serves.
func documentPaths() []string {
	return []string{"/.well-known/jwks.json", "/openapi.json", "/livez", "/readyz"}
}
