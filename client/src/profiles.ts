import { account, jwt, native, words } from "./native-profile.js";
import type { Profile } from "./types.js";

export { native };

/** djoser with simplejwt, as `djoser.urls` and `djoser.urls.jwt` have them. The refresh token travels in bodies: see Options.store. */
export const djoser: Profile = {
  name: "djoser",
  headerPrefix: "JWT",
  transports: ["header"],
  accept: "application/json",
  csrfHeader: "X-CSRFToken",
  endpoints: { ...account, ...jwt },
  fields: native.fields,
  words: {
    ...words,
    // The sentences of refusals that have no code.
    "No active account found for the given token.": "session_revoked",
    "The user's password has been changed.": "session_revoked",
    "No active account found with the given credentials": "invalid_credentials",
    "Unable to log in with provided credentials.": "invalid_credentials",
    "E-mail is not verified.": "account_inactive",
    "User account is disabled.": "account_inactive",
  },
};

/** simplejwt by itself, at the paths that its documentation shows, below baseUrl. The refresh token travels in bodies: see Options.store. */
export const simplejwt: Profile = {
  ...djoser,
  name: "simplejwt",
  headerPrefix: "Bearer",
  endpoints: { signIn: "POST token/", refresh: "POST token/refresh/", signOut: "POST token/blacklist/" },
};

/** dj-rest-auth with JWTs and its registration. */
export const djRestAuth: Profile = {
  ...djoser,
  name: "dj-rest-auth",
  headerPrefix: "Bearer",
  transports: ["cookie", "header"],
  csrfCookie: "csrftoken",
  endpoints: {
    signIn: "POST login/",
    refresh: "POST token/refresh/",
    signOut: "POST logout/",
    signUp: "POST registration/",
    me: "GET user/",
    updateMe: "PATCH user/",
    changePassword: "POST password/change/",
    requestReset: "POST password/reset/",
    confirmReset: "POST password/reset/confirm/",
    verifyEmail: "POST registration/verify-email/",
    resendEmail: "POST registration/resend-email/",
  },
  fields: {
    current: ["old_password"],
    next: ["new_password1", "new_password2"],
    chosen: ["password1", "password2"],
    token: ["token", "key"],
  },
};
