import type { ErrorCode } from "./errors.js";
import type { Endpoints, Options, Profile } from "./types.js";

/** What Cartouche's codes mean, and so simplejwt's. */
export const words: Record<string, ErrorCode> = {
  token_missing: "no_session",
  not_authenticated: "no_session",
  "Authentication credentials were not provided.": "no_session", // of Django APIs, which have no code for it
  token_expired: "session_expired",
  window_over: "session_expired",
  token_not_valid: "session_revoked",
  token_type: "session_revoked",
  session_ended: "session_revoked",
  session_compromised: "session_revoked",
  user_inactive: "session_revoked",
  user_not_found: "session_revoked",
  bad_credentials: "invalid_credentials",
  csrf_failed: "csrf",
};

/** Signing in with tokens in bodies. */
export const jwt: Endpoints = {
  signIn: "POST jwt/create/",
  refresh: "POST jwt/refresh/",
  signOut: "POST jwt/blacklist/",
};

/** One's account, where djoser has it too. */
export const account: Endpoints = {
  signUp: "POST users/",
  me: "GET users/me/",
  updateMe: "PATCH users/me/",
  removeMe: "DELETE users/me/",
  changePassword: "POST users/set_password/",
  requestReset: "POST users/reset_password/",
  confirmReset: "POST users/reset_password_confirm/",
  verifyEmail: "POST users/activation/",
  resendEmail: "POST users/resend_activation/",
  changeEmail: "POST users/set_email/",
};

/** Cartouche's own dialect. */
export const native: Profile = {
  name: "native",
  headerPrefix: "Bearer",
  transports: ["cookie", "header"],
  accept: "application/problem+json, application/json",
  csrfHeader: "X-CSRFToken",
  endpoints: {
    ...account,
    csrf: "GET csrf/",
    session: "GET session/",
    signIn: "POST login/",
    refresh: "POST refresh/",
    signOut: "POST logout/",
    sessions: "GET sessions/",
    renameSession: "PATCH sessions/{id}/",
    revokeSession: "DELETE sessions/{id}/",
    revokeOthers: "POST sessions/revoke_others/",
    revokeAll: "POST sessions/revoke_all/",
  },
  headerEndpoints: jwt,
  fields: {
    current: ["current_password"],
    next: ["new_password", "re_new_password"],
    chosen: ["password", "re_password"],
    address: ["new_email", "re_new_email"],
  },
  words,
};

/** The profile of options, with the word before the token that they ask for; undefined for a name that is none. */
export function profileOf({ profile = "native", headerPrefix }: Options): Profile {
  const found = profile === "native" ? native : profile;
  return headerPrefix ? { ...found, headerPrefix } : found;
}
