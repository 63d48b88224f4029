/** What went wrong, in one word that programs may ask for. */
export type ErrorCode =
  | "network" // nothing answered: offline, blocked by CORS, or no such host
  | "timeout" // nothing answered in time
  | "aborted" // the caller gave up
  | "server" // 5xx
  | "rate_limited" // 429: see retryAfterMs
  | "bad_response" // an answer that is not the server's, such as a proxy's or a captive portal's page
  | "validation" // fields are wrong: see fields
  | "invalid_credentials"
  | "account_inactive"
  | "session_expired"
  | "session_revoked" // see reason
  | "no_session" // nobody is signed in
  | "forbidden"
  | "csrf" // the server did not take a fresh CSRF token either: cookies are blocked, or the origin is not allowed
  | "conflict"
  | "discarded" // the answer came after a sign-out or another sign-in, and was thrown away
  | "unsupported" // the profile has no such operation, or a body cannot be sent a second time
  | "config"; // the options, or the set-up of origins and cookies, cannot work

/**
 * Why a session is over: the server's word for it (`reason` of GET session/ and of refusals), or "user" for the sign-out of this very app.
 * "unknown" stands for servers that do not say.
 */
export type EndReason =
  | "user"
  | "logout"
  | "ended_by_user"
  | "ended_by_operator"
  | "password_changed"
  | "user_disabled"
  | "user_deleted"
  | "compromised"
  | "evicted"
  | "expired_idle"
  | "expired_absolute"
  | "unknown";

/** Messages by field, as Django REST framework sends them; `non_field_errors` is about the whole. */
export type FieldErrors = Record<string, string[]>;

/** What an {@link AuthError} knows beside its code. */
export interface ErrorDetails {
  message?: string | undefined;
  status?: number | undefined;
  fields?: FieldErrors | undefined;
  retryAfterMs?: number | undefined;
  requestId?: string | undefined;
  reason?: EndReason | undefined;
  cause?: unknown;
}

const RETRYABLE: readonly ErrorCode[] = ["network", "timeout", "server", "rate_limited", "bad_response"];
const TERMINAL: readonly ErrorCode[] = ["session_expired", "session_revoked", "no_session"];

/** The one class of errors that this package throws. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  declare readonly code: ErrorCode;
  /** The HTTP status; undefined when nothing answered. */
  declare readonly status: number | undefined;
  /** What is wrong with each field, for code "validation". */
  declare readonly fields: FieldErrors | undefined;
  /** How long to wait before trying again, where the server said. */
  declare readonly retryAfterMs: number | undefined;
  /** The server's id of the request, for its operators. */
  declare readonly requestId: string | undefined;
  /** Why the session is over, for terminal codes. */
  declare readonly reason: EndReason | undefined;

  constructor(code: ErrorCode, { message, ...details }: ErrorDetails = {}) {
    super(message ?? code);
    Object.assign(this, { code }, details);
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return RETRYABLE.includes(this.code);
  }

  /** Whether this means that nobody is signed in any more. */
  get terminal(): boolean {
    return TERMINAL.includes(this.code);
  }
}

/** Tells whether something thrown is an {@link AuthError}, and, with a code, that one. */
export function isAuthError<C extends ErrorCode>(e: unknown, code?: C): e is AuthError & { code: C } {
  return e instanceof AuthError && (code === undefined || e.code === code);
}

/** The outcome of a promise as a value, for people who do not like exceptions. Errors that are not ours are thrown on. */
export type Result<T> = { data: T; error: null } | { data: null; error: AuthError };

/** Turns a rejection with an {@link AuthError} into a value. */
export async function toResult<T>(promise: Promise<T>): Promise<Result<T>> {
  try {
    return { data: await promise, error: null };
  } catch (error) {
    if (isAuthError(error)) return { data: null, error };
    throw error;
  }
}
