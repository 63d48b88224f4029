import type { ErrorCode } from "./errors.js";
import type { Endpoint, Endpoints, Profile, ProfileName } from "./types.js";

const post = (path: string): Endpoint => ["POST", path];

/** What servers of the Django family say: machine codes first, then the sentences of answers that have none. */
const words: Record<string, ErrorCode> = {
  token_missing: "no_session",
  not_authenticated: "no_session",
  "Authentication credentials were not provided.": "no_session",
  token_expired: "session_expired",
  window_over: "session_expired",
  token_not_valid: "session_revoked",
  token_type: "session_revoked",
  session_ended: "session_revoked",
  session_compromised: "session_revoked",
  user_inactive: "session_revoked",
  user_not_found: "session_revoked",
  "No active account found for the given token.": "session_revoked",
  "The user's password has been changed.": "session_revoked",
  bad_credentials: "invalid_credentials",
  "No active account found with the given credentials": "invalid_credentials",
  "Unable to log in with provided credentials.": "invalid_credentials",
  "E-mail is not verified.": "account_inactive",
  "User account is disabled.": "account_inactive",
  csrf_failed: "csrf",
};

const nothing: Endpoints = {
  csrf: null,
  session: null,
  signIn: null,
  refresh: null,
  signOut: null,
  signUp: null,
  me: null,
  updateMe: null,
  removeMe: null,
  changePassword: null,
  requestReset: null,
  confirmReset: null,
  verifyEmail: null,
  resendEmail: null,
  changeEmail: null,
  sessions: null,
  renameSession: null,
  revokeSession: null,
  revokeOthers: null,
  revokeAll: null,
};

const jwt = { signIn: post("jwt/create/"), refresh: post("jwt/refresh/"), signOut: post("jwt/blacklist/") };

const account = {
  ...nothing,
  signUp: post("users/"),
  me: ["GET", "users/me/"],
  updateMe: ["PATCH", "users/me/"],
  removeMe: ["DELETE", "users/me/"],
  changePassword: post("users/set_password/"),
  requestReset: post("users/reset_password/"),
  confirmReset: post("users/reset_password_confirm/"),
  verifyEmail: post("users/activation/"),
  resendEmail: post("users/resend_activation/"),
  changeEmail: post("users/set_email/"),
} satisfies Endpoints as Endpoints;

const djoser: Profile = {
  name: "djoser",
  headerPrefix: "JWT",
  transports: ["header"],
  accept: "application/json",
  csrfHeader: "X-CSRFToken",
  endpoints: { ...account, ...jwt },
  fields: {
    current: ["current_password"],
    next: ["new_password", "re_new_password"],
    chosen: ["password", "re_password"],
    address: ["new_email", "re_new_email"],
  },
  words,
};

/** The dialects that the client knows by name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  native: {
    ...djoser,
    name: "native",
    headerPrefix: "Bearer",
    transports: ["cookie", "header"],
    accept: "application/problem+json, application/json",
    endpoints: {
      ...account,
      csrf: ["GET", "csrf/"],
      session: ["GET", "session/"],
      signIn: post("login/"),
      refresh: post("refresh/"),
      signOut: post("logout/"),
      sessions: ["GET", "sessions/"],
      renameSession: ["PATCH", "sessions/{id}/"],
      revokeSession: ["DELETE", "sessions/{id}/"],
      revokeOthers: post("sessions/revoke_others/"),
      revokeAll: post("sessions/revoke_all/"),
    },
    headerEndpoints: jwt,
  },
  djoser,
  simplejwt: {
    ...djoser,
    name: "simplejwt",
    headerPrefix: "Bearer",
    endpoints: {
      ...nothing,
      signIn: post("token/"),
      refresh: post("token/refresh/"),
      signOut: post("token/blacklist/"),
    },
  },
  "dj-rest-auth": {
    ...djoser,
    name: "dj-rest-auth",
    headerPrefix: "Bearer",
    transports: ["cookie", "header"],
    csrfCookie: "csrftoken",
    endpoints: {
      ...nothing,
      signIn: post("login/"),
      refresh: post("token/refresh/"),
      signOut: post("logout/"),
      signUp: post("registration/"),
      me: ["GET", "user/"],
      updateMe: ["PATCH", "user/"],
      changePassword: post("password/change/"),
      requestReset: post("password/reset/"),
      confirmReset: post("password/reset/confirm/"),
      verifyEmail: post("registration/verify-email/"),
      resendEmail: post("registration/resend-email/"),
    },
    fields: {
      current: ["old_password"],
      next: ["new_password1", "new_password2"],
      chosen: ["password1", "password2"],
      token: ["token", "key"],
    },
  },
};
