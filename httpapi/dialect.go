package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Dialect is how one kind of front end sees the operations: paths, names of fields, carriers, cookies and the texts of answers. It is data; the
// code and the security beneath are the same for all. Its field tags are the names that a configuration file uses.
type Dialect struct {
	Name    string         `koanf:"name"`
	Cookies DialectCookies `koanf:"cookies"`
	// UserFields are what {user} shows in this dialect's answers; empty: Config.UserFields.
	UserFields []string `koanf:"user_fields"`
	Routes     []Route  `koanf:"routes"`
	// Challenge is the WWW-Authenticate of refusals; default the first of header_words, with a realm.
	Challenge string `koanf:"challenge"`
	// NoChallenge answers 403 where others answer 401, as Django REST framework does for views that offer no challenge.
	NoChallenge bool `koanf:"no_challenge"`
	// Refusals replace answers of this dialect, by machine code: that of the answer's problem+json, or of its family, such as token_not_valid.
	Refusals map[string]Refusal `koanf:"refusals"`
	// Sliding, for dialects with one token only, is its life and the time in which it can be exchanged.
	Sliding SlidingTokens `koanf:"sliding"`
	// native dialects take their cookies from the deployment instead of Cookies.
	native bool
	// restAuth is the dialect that RestAuth may change.
	restAuth bool
}

// DialectCookies names the cookies of a dialect. An empty name: the dialect does not use that cookie. Secure is decided by the deployment.
type DialectCookies struct {
	Access  DialectCookie `koanf:"access"`
	Refresh DialectCookie `koanf:"refresh"`
	CSRF    DialectCookie `koanf:"csrf"`
}

// DialectCookie is a cookie's name and path.
type DialectCookie struct {
	Name string `koanf:"name"`
	Path string `koanf:"path"` // default "/"
}

// SlidingTokens are the times of a dialect's sliding tokens.
type SlidingTokens struct {
	Lifetime time.Duration `koanf:"lifetime"`
	Window   time.Duration `koanf:"window"`
	// Original asks for the claim orig_iat instead of refresh_exp.
	Original bool `koanf:"original"`
}

// Operation is what a route does.
type Operation string

// The operations that a dialect can name.
const (
	OpLogin          Operation = "login"
	OpRefresh        Operation = "refresh"
	OpVerify         Operation = "verify"
	OpBlacklist      Operation = "blacklist"
	OpLogout         Operation = "logout"
	OpMe             Operation = "me"
	OpCSRF           Operation = "csrf"
	OpSession        Operation = "session"
	OpClassicSession Operation = "classic_session"
	OpSlidingLogin   Operation = "sliding_login"
	OpSlidingRefresh Operation = "sliding_refresh"
	OpRegister       Operation = "register"
	OpSetPassword    Operation = "set_password"
	OpSessions       Operation = "sessions"
	OpSessionByID    Operation = "session_by_id"
	OpRevokeOthers   Operation = "revoke_others"
	OpRevokeAll      Operation = "revoke_all"

	OpAPIRoot                Operation = "api_root" // where the users are
	OpUsers                  Operation = "users"
	OpUserByID               Operation = "user_by_id"
	OpAccount                Operation = "account"
	OpActivation             Operation = "activation"
	OpResendActivation       Operation = "resend_activation"
	OpResetPassword          Operation = "reset_password"
	OpResetPasswordConfirm   Operation = "reset_password_confirm"
	OpSetIdentifier          Operation = "set_identifier"
	OpResetIdentifier        Operation = "reset_identifier"
	OpResetIdentifierConfirm Operation = "reset_identifier_confirm"
	OpTokenLogin             Operation = "token_login"
	OpTokenLogout            Operation = "token_logout"
	OpProfile                Operation = "profile"       // like account, with the username and without the address
	OpSignUp                 Operation = "sign_up"       // register, and sign in at once
	OpTokenSignUp            Operation = "token_sign_up" // likewise, with an opaque token
	OpVerifyEmail            Operation = "verify_email"  // activation by one key, "uid:token"
)

// Carrier says where a route takes its tokens from and where it puts them.
type Carrier string

// The carriers.
const (
	InBody   Carrier = "body"
	InCookie Carrier = "cookie"
)

// Route is one operation at one path, which may have others for other methods. A path is served with and without its trailing slash, and never redirected.
type Route struct {
	// Path is absolute; "{prefix}" at its front stands for Config.Prefix, "{login_field}" for username or email, "{id}" for what the client names.
	Path      string    `koanf:"path"`
	Operation Operation `koanf:"operation"`
	Carrier   Carrier   `koanf:"carrier"` // default InBody
	// Field is the member of the request that has the token, where the operation takes one.
	Field string `koanf:"field"`
	// LoginBy are the members by which a sign-in may name its user: username and email, where login_field is the username; default login_field, which is
	// then required. What is listed here may be absent: the refusal is about the whole request, as dj-rest-auth has it.
	LoginBy []string `koanf:"login_by"`
	// Status and Answer are the success: a JSON text in which {access}, {refresh}, {user}, {csrf}, {session}, {access_expires_in}, {access_expiration}
	// and {refresh_expiration} stand for JSON values. No Answer: an empty body.
	Status int    `koanf:"status"`
	Answer string `koanf:"answer"`
	// AnswerInactive is the success of sign_up where the account has to be activated first.
	AnswerInactive string `koanf:"answer_inactive"`
	// Fields are other names of members of requests, by the native name; Errors other names under which errors are told that are found after all members
	// were read. A second spelling of a password is asked for where it has a name.
	Fields map[string]string `koanf:"fields"`
	Errors map[string]string `koanf:"errors"`
	// Order is that of the members in which refusals tell what is wrong with them, by the names on the wire; default the order in which they are read.
	Order []string `koanf:"order"`
	// Limits are how many characters members may have, by the native name, where that is less than elsewhere.
	Limits map[string]int `koanf:"limits"`
	// Texts are other messages about members.
	Texts []Rewording `koanf:"texts"`
	// OriginOnly asks no CSRF token of a route that acts under a cookie, because its front ends have none to send; the origin check stays.
	OriginOnly bool               `koanf:"origin_only"`
	Refusals   map[string]Refusal `koanf:"refusals"`

	answer, answerInactive template
}

// Rewording is another text for a native one.
type Rewording struct {
	Native string `koanf:"native"`
	Here   string `koanf:"here"`
}

// Refusal is a dialect's own answer to a failure.
type Refusal struct {
	Status int    `koanf:"status"`
	Body   string `koanf:"body"` // JSON text; empty: the usual body
}

// DialectNames lists the dialects that can be switched on by name.
func DialectNames() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.Name)
	}
	return names
}

// DialectNamed finds a built-in dialect.
func DialectNamed(name string) (Dialect, error) {
	for _, d := range dialects() {
		if d.Name == name {
			return d, nil
		}
	}
	return Dialect{}, fmt.Errorf("dialect %q is not known; there are %s", name, strings.Join(DialectNames(), ", "))
}

// methodsOf are the methods that an operation answers, in the order of the Allow header.
func methodsOf(op Operation) []string {
	switch op {
	case OpMe, OpCSRF, OpSession, OpSessions, OpAPIRoot:
		return []string{http.MethodGet}
	case OpSessionByID:
		return []string{http.MethodPatch, http.MethodDelete}
	case OpProfile:
		return []string{http.MethodGet, http.MethodPut, http.MethodPatch}
	case OpUsers:
		return []string{http.MethodGet, http.MethodPost}
	case OpUserByID, OpAccount:
		return []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}
	default:
		return []string{http.MethodPost}
	}
}

func operations() []Operation {
	return []Operation{
		OpLogin, OpRefresh, OpVerify, OpBlacklist, OpLogout, OpMe, OpCSRF, OpSession, OpClassicSession, OpSlidingLogin, OpSlidingRefresh,
		OpRegister, OpSetPassword, OpSessions, OpSessionByID, OpRevokeOthers, OpRevokeAll, OpUsers, OpUserByID, OpAccount, OpActivation, OpResendActivation,
		OpResetPassword, OpResetPasswordConfirm, OpSetIdentifier, OpResetIdentifier, OpResetIdentifierConfirm, OpTokenLogin, OpTokenLogout,
		OpProfile, OpSignUp, OpTokenSignUp, OpVerifyEmail, OpAPIRoot,
	}
}
