package httpapi

import "net/http"

// djRestAuthDialect is dj-rest-auth with tokens in HttpOnly cookies, and with registration. Its front ends find the access token in the body too. The
// settings of dj-rest-auth that it goes by are the safe ones: the old password is asked for, and what acts under cookies needs the CSRF token.
func djRestAuthDialect() Dialect {
	const typographic = "The two password fields didn’t match."
	const granted = `{"access":{access},"refresh":"","user":{user}}`
	mismatch := Rewording{Native: "The two password fields didn't match.", Here: typographic}
	newPasswords := map[string]string{"new_password": "new_password1", "re_new_password": "new_password2", "current_password": "old_password"}
	below := map[string]string{"new_password": "new_password2", "non_field_errors": "new_password2"}
	detail := func(text string) string { return `{"detail":"` + text + `"}` }
	return Dialect{
		Name:       "dj-rest-auth",
		UserFields: []string{"pk", "username", "email", "first_name", "last_name"},
		Cookies: DialectCookies{
			Access:  DialectCookie{Name: "jwt-auth"},
			Refresh: DialectCookie{Name: "jwt-refresh"},
			CSRF:    DialectCookie{Name: "csrftoken"},
		},
		Routes: []Route{
			{Path: "/dj-rest-auth/login/", Operation: OpLogin, Carrier: InCookie, Answer: granted, Refusals: map[string]Refusal{
				"bad_credentials": {Status: http.StatusBadRequest, Body: `{"non_field_errors":["Unable to log in with provided credentials."]}`},
			}},
			{Path: "/dj-rest-auth/logout/", Operation: OpLogout, Carrier: InCookie, Answer: detail("Successfully logged out.")},
			{Path: "/dj-rest-auth/user/", Operation: OpProfile, Carrier: InCookie, Answer: `{user}`},
			{
				Path: "/dj-rest-auth/password/change/", Operation: OpSetPassword, Carrier: InCookie, Answer: detail("New password has been saved."),
				Fields: newPasswords, Errors: below,
				Texts: []Rewording{mismatch, {wrongPassword, "Your old password was entered incorrectly. Please enter it again."}},
			},
			{Path: "/dj-rest-auth/password/reset/", Operation: OpResetPassword, Answer: detail("Password reset e-mail has been sent.")},
			{
				Path: "/dj-rest-auth/password/reset/confirm/", Operation: OpResetPasswordConfirm, Answer: detail("Password has been reset with the new password."),
				Fields: newPasswords, Errors: below,
				Texts: []Rewording{mismatch, {unknownUID, "Invalid value"}, {invalidLink, "Invalid value"}},
			},
			{Path: "/dj-rest-auth/token/verify/", Operation: OpVerify, Field: "token", Answer: `{}`},
			{
				Path: "/dj-rest-auth/token/refresh/", Operation: OpRefresh, Carrier: InCookie, Field: "refresh", OriginOnly: true,
				Answer: `{"access":{access},"access_expiration":{access_expiration}}`,
			},
			{
				Path: "/dj-rest-auth/registration/", Operation: OpSignUp, Carrier: InCookie, Status: http.StatusCreated, Answer: granted,
				AnswerInactive: detail("Verification e-mail sent."), Fields: map[string]string{"password": "password1", "re_password": "password2"},
			},
			{Path: "/dj-rest-auth/registration/verify-email/", Operation: OpVerifyEmail, Answer: detail("ok")},
			{Path: "/dj-rest-auth/registration/resend-email/", Operation: OpResendActivation, Answer: detail("ok")},
		},
	}
}
