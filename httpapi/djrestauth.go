package httpapi

import "net/http"

// RestAuth are the choices that projects with dj-rest-auth make. The zero value is the safe one.
type RestAuth struct {
	Tokens RestAuthTokens
	// LoginByEmail takes addresses beside usernames: ACCOUNT_LOGIN_METHODS = {"username", "email"}.
	LoginByEmail bool
}

// RestAuthTokens says which tokens the dialect of dj-rest-auth hands out, and where.
type RestAuthTokens string

// The tokens of dj-rest-auth.
const (
	RestAuthCookie RestAuthTokens = "cookie" // JWT_AUTH_HTTPONLY: scripts never see the refresh token. The zero value is this too
	RestAuthBoth   RestAuthTokens = "both"   // the refresh token is in answers too, so that a script that gets into a page takes the session away with it
	RestAuthKey    RestAuthTokens = "key"    // USE_JWT = False: one opaque token for each device, in the body
)

// Apply makes the built-in dialect of dj-rest-auth what was chosen; other dialects stay as they are.
func (a RestAuth) Apply(d Dialect) Dialect {
	if !d.restAuth {
		return d
	}
	d.Routes = append(a.sessionRoutes(), a.accountRoutes()...)
	if a.Tokens == RestAuthKey {
		d.Cookies, d.Challenge = DialectCookies{}, tokenWord
	}
	return d
}

// djRestAuthDialect is dj-rest-auth with its registration. Its front ends find the access token in the body too. The settings of dj-rest-auth that it goes
// by are the safe ones: the old password is asked for, and what acts under cookies needs the CSRF token.
func djRestAuthDialect() Dialect {
	return RestAuth{}.Apply(Dialect{
		Name:       "dj-rest-auth",
		restAuth:   true,
		UserFields: []string{"pk", "username", "email", "first_name", "last_name"},
		Cookies: DialectCookies{
			Access:  DialectCookie{Name: "jwt-auth"},
			Refresh: DialectCookie{Name: "jwt-refresh"},
			CSRF:    DialectCookie{Name: "csrftoken"},
		},
	})
}

func (a RestAuth) carrier() Carrier {
	if a.Tokens == RestAuthKey {
		return InBody
	}
	return InCookie
}

// granted is the answer that signs somebody in.
func (a RestAuth) granted() string {
	switch a.Tokens {
	case RestAuthKey:
		return `{"key":{access}}`
	case RestAuthBoth:
		return `{"access":{access},"refresh":{refresh},"user":{user}}`
	default:
		return `{"access":{access},"refresh":"","user":{user}}`
	}
}

// sessionRoutes open, renew and end sessions.
func (a RestAuth) sessionRoutes() []Route {
	login := Route{Path: "/dj-rest-auth/login/", Operation: OpLogin, Carrier: a.carrier(), Answer: a.granted(), LoginBy: []string{"username"}, Refusals: map[string]Refusal{
		"bad_credentials": {Status: http.StatusBadRequest, Body: `{"non_field_errors":["Unable to log in with provided credentials."]}`},
		"not_activated":   {Status: http.StatusBadRequest, Body: `{"non_field_errors":["E-mail is not verified."]}`},
	}}
	if a.LoginByEmail {
		login.LoginBy = append(login.LoginBy, "email")
	}
	logout := Route{Path: "/dj-rest-auth/logout/", Operation: OpLogout, Carrier: a.carrier(), Answer: restAuthDetail("Successfully logged out.")}
	refresh := Route{
		Path: "/dj-rest-auth/token/refresh/", Operation: OpRefresh, Carrier: InCookie, Field: "refresh", OriginOnly: true,
		Answer: `{"access":{access},"access_expiration":{access_expiration}}`,
	}
	if a.Tokens == RestAuthKey {
		login.Operation, logout.Operation = OpTokenLogin, OpTokenLogout
		logout.Refusals = map[string]Refusal{"not_authenticated": {
			Status: http.StatusBadRequest,
			Body:   `{"detail":"You should be logged in to logout. Check whether the token is passed.","code":"not_authenticated"}`,
		}}
		return []Route{login, logout}
	}
	if a.Tokens == RestAuthBoth {
		refresh.Answer = `{"access":{access},"refresh":{refresh},"access_expiration":{access_expiration},"refresh_expiration":{refresh_expiration}}`
		logout.Field = "refresh"
		logout.Refusals = map[string]Refusal{
			"token_missing": {Body: `{"detail":"Refresh token was not included in request data.","code":"token_not_valid"}`},
		}
	}
	verify := Route{Path: "/dj-rest-auth/token/verify/", Operation: OpVerify, Field: "token", Answer: `{}`}
	return []Route{login, logout, refresh, verify}
}

// maxRestAuthPassword is how long the passwords of its forms may be; a registration takes longer ones.
const maxRestAuthPassword = 128

// accountRoutes are about accounts.
func (a RestAuth) accountRoutes() []Route {
	mismatch := Rewording{Native: "The two password fields didn't match.", Here: "The two password fields didn’t match."}
	newPasswords := map[string]string{"new_password": "new_password1", "re_new_password": "new_password2", "current_password": "old_password"}
	below := map[string]string{"new_password": "new_password2", "non_field_errors": "new_password2"}
	limits := map[string]int{"new_password": maxRestAuthPassword, "re_new_password": maxRestAuthPassword, "current_password": maxRestAuthPassword}
	signUp := Route{
		Path: "/dj-rest-auth/registration/", Operation: OpSignUp, Carrier: a.carrier(), Status: http.StatusCreated, Answer: a.granted(),
		AnswerInactive: restAuthDetail("Verification e-mail sent."), Fields: map[string]string{"password": "password1", "re_password": "password2"},
		Order: []string{"username", "email", "password1", "password2"},
	}
	if a.Tokens == RestAuthKey {
		signUp.Operation = OpTokenSignUp
	}
	return []Route{
		signUp,
		{Path: "/dj-rest-auth/registration/verify-email/", Operation: OpVerifyEmail, Answer: restAuthDetail("ok")},
		{Path: "/dj-rest-auth/registration/resend-email/", Operation: OpResendActivation, Answer: restAuthDetail("ok")},
		{Path: "/dj-rest-auth/user/", Operation: OpProfile, Carrier: a.carrier(), Answer: `{user}`},
		{
			Path: "/dj-rest-auth/password/change/", Operation: OpSetPassword, Carrier: a.carrier(), Answer: restAuthDetail("New password has been saved."),
			Fields: newPasswords, Errors: below, Limits: limits, Order: []string{"old_password", "new_password1", "new_password2"},
			Texts: []Rewording{mismatch, {wrongPassword, "Your old password was entered incorrectly. Please enter it again."}},
		},
		{Path: "/dj-rest-auth/password/reset/", Operation: OpResetPassword, Answer: restAuthDetail("Password reset e-mail has been sent.")},
		{
			Path: "/dj-rest-auth/password/reset/confirm/", Operation: OpResetPasswordConfirm,
			Answer: restAuthDetail("Password has been reset with the new password."),
			Fields: newPasswords, Errors: below, Limits: limits, Order: []string{"new_password1", "new_password2", "uid", "token"},
			Texts: []Rewording{mismatch, {unknownUID, "Invalid value"}, {invalidLink, "Invalid value"}},
		},
	}
}

func restAuthDetail(text string) string { return `{"detail":"` + text + `"}` }
