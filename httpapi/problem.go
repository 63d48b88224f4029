package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// problem is a refusal on its way to the client: a row of the table of problems, and what this request adds to it.
type problem struct {
	code   string // the row
	detail string // replaces the row's text
	fields fieldErrors
	// finer are codes, the finest first, that only the refusals of dialects may use, because they would tell strangers who has an account.
	finer []string
	// bearer asks for the shape in which simplejwt refuses an access token.
	bearer     bool
	retryAfter time.Duration
	// reason says why the session of a genuine token is over; ours says that no peer has this route, so that its bodies may have a key for it.
	reason auth.EndReason
	ours   bool
	cause  error // for the log
}

// Error is the code, for the log.
func (p *problem) Error() string { return p.code }

// Unwrap is what went wrong.
func (p *problem) Unwrap() error { return p.cause }

// problemKind is a row of the table of problems.
type problemKind struct {
	status int
	detail string
	// family is the code that peers use for this and its like. Answers in their shape show it, and a dialect's refusal of it counts here too.
	family string
	// over: the session will not come back, so cookies that name it are cleared.
	over bool
	// body is the whole body in the shape of peers, where it is neither fields nor a detail; bodyless: there is none.
	body     string
	bodyless bool
}

// problemKinds is the one table of machine codes, statuses and texts. The texts are those of Django REST framework and simplejwt, where they have one.
//
//nolint:gochecknoglobals // a constant in all but name
var problemKinds = map[string]problemKind{
	"invalid":                {status: http.StatusBadRequest, detail: "Invalid input."},
	"parse_error":            {status: http.StatusBadRequest, detail: "Malformed request."},
	"cookie_twice":           {status: http.StatusBadRequest, detail: "A cookie was sent twice."},
	"activation_off":         {status: http.StatusBadRequest, detail: "Accounts need no activation here.", bodyless: true},
	"email_unknown":          {status: http.StatusBadRequest, detail: emailUnknown, body: `["` + emailUnknown + `"]`},
	"too_large":              {status: http.StatusRequestEntityTooLarge, detail: "Request body is too large."},
	"unsupported_media_type": {status: http.StatusUnsupportedMediaType, detail: "Unsupported media type in request."},
	"not_acceptable":         {status: http.StatusNotAcceptable, detail: "Could not satisfy the request Accept header."},
	"method_not_allowed":     {status: http.StatusMethodNotAllowed, detail: "Method not allowed."},
	"not_found":              {status: http.StatusNotFound, detail: "Not found."},

	"bad_credentials":          {status: http.StatusUnauthorized, detail: "No active account found with the given credentials"},
	"not_authenticated":        {status: http.StatusUnauthorized, detail: "Authentication credentials were not provided."},
	"bad_authorization_header": {status: http.StatusUnauthorized, detail: "Authorization header must contain two space-delimited values"},
	"token_missing":            {status: http.StatusUnauthorized, detail: "No valid refresh token found.", family: "token_not_valid"},
	"token_not_valid":          {status: http.StatusUnauthorized, detail: "Token is invalid"},
	"token_expired":            {status: http.StatusUnauthorized, detail: "Token is expired", family: "token_not_valid"},
	"token_type":               {status: http.StatusUnauthorized, detail: "Token has wrong type", family: "token_not_valid"},
	"window_over":              {status: http.StatusUnauthorized, detail: "Token 'refresh_exp' claim has expired", family: "token_not_valid"},
	"session_ended":            {status: http.StatusUnauthorized, detail: "Token is blacklisted", family: "token_not_valid", over: true},
	"session_compromised":      {status: http.StatusUnauthorized, detail: "Token is blacklisted", over: true},
	"user_inactive":            {status: http.StatusUnauthorized, detail: "User is inactive", over: true},
	"user_not_found":           {status: http.StatusUnauthorized, detail: "User not found", over: true},

	"permission_denied":  {status: http.StatusForbidden, detail: "You do not have permission to perform this action."},
	"csrf_failed":        {status: http.StatusForbidden, detail: "CSRF Failed."},
	"refresh_superseded": {status: http.StatusConflict, detail: "Token was superseded by a newer one"},
	"throttled":          {status: http.StatusTooManyRequests, detail: "Request was throttled."},
	"busy":               {status: http.StatusServiceUnavailable, detail: "Service temporarily unavailable, try again later."},
	"unavailable":        {status: http.StatusServiceUnavailable, detail: "Service temporarily unavailable, try again later."},
	"internal":           {status: http.StatusInternalServerError, detail: "A server error occurred."},
}

func (p *problem) kind() problemKind { return problemKinds[p.code] }

// text is the sentence that people read.
func (p *problem) text() string {
	if p.detail != "" {
		return p.detail
	}
	return p.kind().detail
}

// answer is a problem with its status and body decided: by the table, or by a dialect.
type answer struct {
	*problem
	status    int
	body      []byte // nil: the usual one
	challenge string
}

// fail answers a request that no dialect has a say in.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	a.send(w, r, answer{problem: p, status: p.kind().status, challenge: a.challenge})
}

// refuse answers a request as the endpoint's dialect wants it.
func (e *endpoint) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem := *problemOf(err)
	p := &problem
	p.fields, p.ours = e.route.reword(p.fields), e.isOurs()
	if e.isOver(r, p) {
		e.clearCookies(w)
	}
	out := answer{problem: p, status: p.kind().status, challenge: cmp.Or(e.dialect.Challenge, e.challenge)}
	if out.status == http.StatusUnauthorized && e.dialect.NoChallenge {
		out.status = http.StatusForbidden
	}
	if refusal, ok := e.refusal(p); ok {
		if refusal.Status != 0 {
			out.status = refusal.Status
		}
		if refusal.Body != "" {
			out.body = []byte(refusal.Body)
		}
	}
	e.send(w, r, out)
}

// isOver tells whether a request acted under cookies whose session is over. Cookies stay where trying again may help (409, 429, 503), and where the
// access token alone has run out.
func (e *endpoint) isOver(r *http.Request, p *problem) bool {
	switch {
	case e.route.Operation == OpRefresh && e.route.Carrier == InCookie:
		return p.kind().over || p.code == "token_expired"
	case e.operation.protected && !hasAuthorization(r):
		return p.kind().over
	default:
		return false
	}
}

// refusal finds the dialect's own answer: for the finest code first, and on the route before the dialect.
func (e *endpoint) refusal(p *problem) (Refusal, bool) {
	for _, code := range append(slices.Clone(p.finer), p.code, p.kind().family) {
		for _, refusals := range []map[string]Refusal{e.route.Refusals, e.dialect.Refusals} {
			if refusal, ok := refusals[code]; ok {
				return refusal, true
			}
		}
	}
	return Refusal{}, false
}

// send writes an answer, in the shape that the client accepts.
func (a *api) send(w http.ResponseWriter, r *http.Request, out answer) {
	a.logProblem(r, w.Header().Get("X-Request-Id"), out)
	if rec, ok := w.(*recorder); ok && rec.status != 0 {
		return // the answer had begun, and the client is gone
	}
	h := w.Header()
	if !slices.Contains(h["Vary"], "Accept") {
		h.Add("Vary", "Accept")
	}
	if out.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", out.challenge)
	}
	if out.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(wholeSeconds(out.retryAfter), 10))
	}
	body := out.body
	switch {
	case prefersProblem(r):
		h.Set("Content-Type", problemType)
		body = out.problemJSON(h.Get("X-Request-Id"))
	case body == nil && out.kind().bodyless:
	default:
		h.Set("Content-Type", jsonType)
		if body == nil {
			body = out.detailJSON()
		}
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(body) //nolint:gosec // JSON, and said to be, with nosniff
}

// logProblem is the only place that logs errors of requests. A client that hung up is no error.
func (a *api) logProblem(r *http.Request, id string, out answer) {
	if out.cause == nil || out.status < http.StatusInternalServerError || errors.Is(out.cause, context.Canceled) {
		return
	}
	level := slog.LevelError
	if out.code == "busy" {
		level = slog.LevelWarn
	}
	a.log.LogAttrs(r.Context(), level, "request failed", slog.String("code", out.code), slog.String("request_id", id), slog.Any("error", out.cause))
}

// detailBody is the shape of Django REST framework, with simplejwt's additions.
type detailBody struct {
	Detail   string         `json:"detail"`
	Code     string         `json:"code"`
	Reason   auth.EndReason `json:"reason,omitempty"`
	Messages []tokenMessage `json:"messages,omitempty"`
}

type tokenMessage struct {
	TokenClass string `json:"token_class"`
	TokenType  string `json:"token_type"`
	Message    string `json:"message"`
}

// detailJSON is the body that peers answer. Errors of fields have no code: a key beside the fields would be taken for one.
func (p *problem) detailJSON() []byte {
	if len(p.fields) > 0 {
		return encodeJSON(p.fields)
	}
	if body := p.kind().body; body != "" {
		return []byte(body)
	}
	body := detailBody{Detail: p.text(), Code: p.code}
	if family := p.kind().family; family != "" {
		body.Code = family
	}
	if p.ours {
		body.Reason = p.reason
	}
	if p.bearer {
		body.Detail = "Given token not valid for any token type"
		body.Messages = []tokenMessage{{TokenClass: "AccessToken", TokenType: "access", Message: p.text()}}
	}
	return encodeJSON(body)
}

// problemBody is RFC 9457. Its type is about:blank, so its title is the status's (section 4.2.1); the code tells which problem it is.
type problemBody struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	Reason    auth.EndReason `json:"reason,omitempty"`
	RequestID string         `json:"request_id,omitempty"`
	Errors    fieldErrors    `json:"errors,omitempty"`
}

func (a answer) problemJSON(requestID string) []byte {
	return encodeJSON(problemBody{
		Type: "about:blank", Title: http.StatusText(a.status), Status: a.status, Detail: a.text(), Code: a.code, Reason: a.reason,
		RequestID: requestID, Errors: a.fields,
	})
}

// throttled says how long to wait, in Django's words.
func throttled(wait time.Duration) *problem {
	n, unit := wholeSeconds(wait), "seconds"
	if n == 1 {
		unit = "second"
	}
	return &problem{code: "throttled", retryAfter: wait, detail: fmt.Sprintf("Request was throttled. Expected available in %d %s.", n, unit)}
}

// wholeSeconds rounds a wait up, as Retry-After needs it.
func wholeSeconds(wait time.Duration) int64 { return max(1, int64((wait+time.Second-1)/time.Second)) }

// problemOf finds the answer to an error. What is not known is an internal error, of which the client learns nothing.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*auth.LimitError](err); ok {
		return throttled(e.RetryAfter)
	}
	if e, ok := errors.AsType[*auth.InputError](err); ok {
		return inputProblem(e)
	}
	return authProblem(err)
}
