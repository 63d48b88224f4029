package httpapi

import (
	"net/http"
	"time"
)

// dialects are the front ends that people already run.
func dialects() []Dialect {
	return []Dialect{djoserDialect(), simplejwtDialect(), hybridDialect(), cookieDialect(), reactCookieDialect(), drfJWTDialect(), djRestAuthDialect()}
}

const nativeName = "native"

// nativeDialect is Cartouche's own surface, which is djoser's too.
func nativeDialect() Dialect {
	const browserAnswer = `{"access":{access},"access_expires_in":{access_expires_in},"csrf_token":{csrf},"session":{session},"user":{user}}`
	return Dialect{
		Name:   nativeName,
		native: true,
		Routes: []Route{
			{Path: "{prefix}jwt/create/", Operation: OpLogin, Answer: `{"refresh":{refresh},"access":{access}}`},
			{Path: "{prefix}jwt/refresh/", Operation: OpRefresh, Field: "refresh", Answer: `{"access":{access},"refresh":{refresh}}`},
			{Path: "{prefix}jwt/verify/", Operation: OpVerify, Field: "token", Answer: `{}`},
			{Path: "{prefix}jwt/blacklist/", Operation: OpBlacklist, Field: "refresh", Answer: `{}`},

			{Path: "{prefix}csrf/", Operation: OpCSRF, Carrier: InCookie, Answer: `{"token":{csrf}}`},
			{Path: "{prefix}login/", Operation: OpLogin, Carrier: InCookie, Answer: browserAnswer},
			{Path: "{prefix}refresh/", Operation: OpRefresh, Carrier: InCookie, Answer: browserAnswer},
			{Path: "{prefix}logout/", Operation: OpLogout, Carrier: InCookie, Status: http.StatusNoContent},
			{Path: "{prefix}session/", Operation: OpSession, Carrier: InCookie},

			{Path: "{prefix}", Operation: OpAPIRoot},
			{Path: "{prefix}users/", Operation: OpUsers},
			{Path: "{prefix}users/{id}/", Operation: OpUserByID, Answer: `{user}`},
			{Path: "{prefix}users/me/", Operation: OpAccount, Answer: `{user}`},
			{Path: "{prefix}users/activation/", Operation: OpActivation, Status: http.StatusNoContent},
			{Path: "{prefix}users/resend_activation/", Operation: OpResendActivation, Status: http.StatusNoContent},
			{Path: "{prefix}users/set_password/", Operation: OpSetPassword, Status: http.StatusNoContent},
			{Path: "{prefix}users/reset_password/", Operation: OpResetPassword, Status: http.StatusNoContent},
			{Path: "{prefix}users/reset_password_confirm/", Operation: OpResetPasswordConfirm, Status: http.StatusNoContent},
			{Path: "{prefix}users/set_{login_field}/", Operation: OpSetIdentifier, Status: http.StatusNoContent},
			{Path: "{prefix}users/reset_{login_field}/", Operation: OpResetIdentifier, Status: http.StatusNoContent},
			{Path: "{prefix}users/reset_{login_field}_confirm/", Operation: OpResetIdentifierConfirm, Status: http.StatusNoContent},

			{Path: "{prefix}token/login/", Operation: OpTokenLogin, Answer: `{"auth_token":{access}}`, Refusals: map[string]Refusal{
				"bad_credentials": {Status: http.StatusBadRequest, Body: `{"non_field_errors":["Unable to log in with provided credentials."]}`},
			}},
			{Path: "{prefix}token/logout/", Operation: OpTokenLogout, Status: http.StatusNoContent},

			{Path: "{prefix}sessions/", Operation: OpSessions},
			{Path: "{prefix}sessions/{id}/", Operation: OpSessionByID},
			{Path: "{prefix}sessions/revoke_others/", Operation: OpRevokeOthers},
			{Path: "{prefix}sessions/revoke_all/", Operation: OpRevokeAll},
		},
	}
}

// djoserDialect adds to the native routes the one that jQuery pages use to open and close a classic session beside their tokens.
func djoserDialect() Dialect {
	return Dialect{Name: "djoser", native: true, Routes: []Route{
		{Path: "{prefix}", Operation: OpClassicSession, Carrier: InCookie, Field: "access_token"},
	}}
}

// simplejwtDialect has the conventional paths of djangorestframework-simplejwt, and its sliding tokens.
func simplejwtDialect() Dialect {
	return Dialect{
		Name:    "simplejwt",
		Sliding: SlidingTokens{Lifetime: 5 * time.Minute, Window: 24 * time.Hour},
		Routes: []Route{
			{Path: "{prefix}token/", Operation: OpLogin, Answer: `{"refresh":{refresh},"access":{access}}`},
			{Path: "{prefix}token/refresh/", Operation: OpRefresh, Field: "refresh", Answer: `{"access":{access},"refresh":{refresh}}`},
			{Path: "{prefix}token/verify/", Operation: OpVerify, Field: "token", Answer: `{}`},
			{Path: "{prefix}token/blacklist/", Operation: OpBlacklist, Field: "refresh", Answer: `{}`},
			{Path: "{prefix}token/sliding/", Operation: OpSlidingLogin, Answer: `{"token":{access}}`},
			{Path: "{prefix}token/sliding/refresh/", Operation: OpSlidingRefresh, Field: "token", Answer: `{"token":{access}}`},
		},
	}
}

// hybridDialect is the home-made pair of many tutorials: the access token in the body, the refresh token in a cookie, and a CSRF token for refreshing.
func hybridDialect() Dialect {
	return Dialect{
		Name:       "hybrid",
		UserFields: []string{"id", "username", "email", "first_name", "last_name", "is_active"},
		Cookies: DialectCookies{
			Refresh: DialectCookie{Name: "refreshtoken"},
			CSRF:    DialectCookie{Name: "csrftoken"},
		},
		Routes: []Route{
			{Path: "/accounts/login", Operation: OpLogin, Carrier: InCookie, Answer: `{"access_token":{access},"user":{user}}`},
			{Path: "/accounts/refresh_token", Operation: OpRefresh, Carrier: InCookie, Answer: `{"access_token":{access}}`},
			{Path: "/accounts/profile", Operation: OpMe, Answer: `{"user":{user}}`},
			{Path: "/accounts/logout", Operation: OpLogout, Carrier: InCookie, Status: http.StatusNoContent},
		},
		NoChallenge: true,
		Refusals: map[string]Refusal{
			"bad_credentials": {Body: `{"detail":"Incorrect authentication credentials."}`},
			"token_missing":   {Body: `{"detail":"Authentication credentials were not provided."}`},
		},
	}
}

// cookieDialect is the drf-jwt-httponly-cookie project: both tokens in HttpOnly cookies, a masked CSRF token, 403 for a refused sign-in.
func cookieDialect() Dialect {
	return Dialect{
		Name:       "cookie",
		UserFields: []string{"id", "username", "first_name", "last_name"},
		Cookies: DialectCookies{
			Access:  DialectCookie{Name: "access_token"},
			Refresh: DialectCookie{Name: "refresh_token", Path: "/accounts/auth/"},
			CSRF:    DialectCookie{Name: "csrftoken"},
		},
		Routes: []Route{
			{Path: "/accounts/csrf_token/", Operation: OpCSRF, Carrier: InCookie, Answer: `{"token":{csrf}}`},
			{Path: "/accounts/auth/login/", Operation: OpLogin, Carrier: InCookie, Answer: `{}`, Refusals: map[string]Refusal{
				"bad_credentials": {Status: http.StatusForbidden, Body: `{"detail":"Incorrect authentication credentials."}`},
			}},
			{Path: "/accounts/auth/refresh_token/", Operation: OpRefresh, Carrier: InCookie, Answer: `{}`, OriginOnly: true, Refusals: map[string]Refusal{
				"token_missing": {Status: http.StatusForbidden, Body: `{"detail":"You do not have permission to perform this action."}`},
			}},
			{Path: "/accounts/auth/logout/", Operation: OpLogout, Carrier: InCookie, Status: http.StatusOK, Answer: `{}`},
			{Path: "/accounts/user/", Operation: OpMe, Carrier: InCookie, Answer: `{user}`},
		},
	}
}

// reactCookieDialect is the React tutorial with axios and withCredentials: a 200 with a nested pair, and 404 for refusals. The tutorial has no way to
// refresh, so its people sign in again when the access cookie is over. Here a refresh cookie comes along, which its pages never see: a page can call
// refresh/, and signing out ends the session also after the access cookie is gone.
func reactCookieDialect() Dialect {
	return Dialect{
		Name:       "react-cookie",
		UserFields: []string{"id", "username", "email"},
		Cookies: DialectCookies{
			Access:  DialectCookie{Name: "access_token"},
			Refresh: DialectCookie{Name: "refresh"},
			CSRF:    DialectCookie{Name: "csrftoken"},
		},
		Routes: []Route{
			{
				Path: "/login/", Operation: OpLogin, Carrier: InCookie,
				Answer: `{"Success":"Login successfully","data":{"refresh":{refresh},"access":{access}}}`,
				Refusals: map[string]Refusal{
					"bad_credentials": {Status: http.StatusNotFound, Body: `{"Invalid":"Invalid username or password!!"}`},
					"user_inactive":   {Status: http.StatusNotFound, Body: `{"No active":"This account is not active!!"}`},
				},
			},
			{
				Path: "/refresh/", Operation: OpRefresh, Carrier: InCookie,
				Answer: `{"Success":"Refresh successfully","data":{"refresh":{refresh},"access":{access}}}`,
			},
			{Path: "/logout/", Operation: OpLogout, Carrier: InCookie, Status: http.StatusOK, Answer: `{"Success":"Logout successfully"}`},
			{Path: "/user/", Operation: OpMe, Carrier: InCookie, Answer: `{user}`},
		},
	}
}

// drfJWTDialect is the old djangorestframework-jwt: one token, refreshed while it lives, up to 7 days after the sign-in.
func drfJWTDialect() Dialect {
	refused := func(text string) Refusal {
		return Refusal{Status: http.StatusBadRequest, Body: `{"non_field_errors":["` + text + `"]}`}
	}
	return Dialect{
		Name:    "drf-jwt",
		Sliding: SlidingTokens{Lifetime: 5 * time.Minute, Window: 7 * 24 * time.Hour, Original: true},
		Routes: []Route{
			{Path: "{prefix}get-token/", Operation: OpSlidingLogin, Answer: `{"token":{access}}`, Refusals: map[string]Refusal{
				"user_inactive": refused("Unable to log in with provided credentials."), // whoever guesses passwords is not told which one was right
			}},
			{Path: "{prefix}refresh-token/", Operation: OpSlidingRefresh, Field: "token", Answer: `{"token":{access}}`},
			{Path: "{prefix}verify-token/", Operation: OpVerify, Field: "token", Answer: `{"token":{access}}`},
		},
		Refusals: map[string]Refusal{
			"bad_credentials":     refused("Unable to log in with provided credentials."),
			"token_not_valid":     refused("Error decoding signature."),
			"token_expired":       refused("Signature has expired."),
			"window_over":         refused("Refresh has expired."),
			"session_ended":       refused("Invalid signature."),
			"session_compromised": refused("Invalid signature."),
			"user_inactive":       refused("User account is disabled."),
			"user_not_found":      refused("User doesn't exist."),
		},
	}
}
