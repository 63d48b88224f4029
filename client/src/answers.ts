import { AuthError, type EndReason, type ErrorCode, type FieldErrors } from "./errors.js";
import type { Session, User } from "./types.js";

/** The JSON object of an answer; null when it had none. */
export type Body = Record<string, unknown> | null;

/** What a sign-in or a refresh hands out. */
export interface Grant {
  /** null where it lives in a cookie. */
  access: string | null;
  /** How long it lives from `sentAt`; Infinity where nobody says. */
  life: number;
  sentAt: number;
  refresh: string | null;
  csrf: string | null;
  session: Session | null;
  user: User | null;
  /** Whose it is, as far as the answer tells. */
  subject: unknown;
}

const REASONS: Record<string, EndReason> = {
  session_compromised: "compromised",
  user_inactive: "user_disabled",
  user_not_found: "user_deleted",
};

/** Reads the JSON object of an answer; null for anything else, such as the page of a captive portal. */
export async function readBody(response: Response): Promise<Body> {
  if (!/\bjson\b/.test(response.headers.get("Content-Type") ?? "")) return null;
  try {
    const value = JSON.parse(await response.text());
    return typeof value === "object" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Says what a refusal means. Only what the profile has words for can be a verdict about the session. */
export function refusalOf(response: Response, body: Body, words: Readonly<Record<string, ErrorCode>>): AuthError {
  const { status, headers } = response;
  const detail = typeof body?.detail === "string" ? body.detail : undefined;
  const fields = fieldsOf(status, body);
  const spoken = status < 500 && status !== 429 ? [body?.code, detail, fields?.non_field_errors?.[0]] : [];
  const said = spoken.find((word) => words[word as string]) as string | undefined;
  const seconds = headers.get("Retry-After");
  return new AuthError(said ? (words[said] as ErrorCode) : codeOf(status, body, detail, fields), {
    message: detail ?? said,
    status,
    fields,
    retryAfterMs: seconds && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined, // a date would need a right clock
    requestId: headers.get("X-Request-Id") ?? undefined,
    reason: (body?.reason as EndReason) ?? REASONS[said ?? ""],
  });
}

function codeOf(status: number, body: Body, detail: string | undefined, fields: FieldErrors | undefined): ErrorCode {
  if (status === 429) return "rate_limited";
  if (status > 499) return "server";
  if (!body || status === 401) return "bad_response";
  if (status === 403) return detail?.startsWith("CSRF") ? "csrf" : "forbidden";
  if (status === 409) return "conflict";
  return fields || detail ? "validation" : "bad_response";
}

function fieldsOf(status: number, body: Body): FieldErrors | undefined {
  if (status !== 400 || !body) return;
  if (Array.isArray(body)) return { non_field_errors: body };
  const fields = (body.errors ?? body) as Record<string, unknown>;
  const entries = Object.entries(fields).filter(([, value]) => Array.isArray(value));
  return entries.length ? (Object.fromEntries(entries) as FieldErrors) : undefined;
}

/** Reads what a sign-in or a refresh answered. An answer without the one or the other sign of a token is not the server's. */
export function grantOf(body: Body, sentAt: number): Grant {
  const access = typeof body?.access === "string" ? body.access : null;
  const told = body?.access_expires_in;
  if (!body || (access === null && typeof told !== "number")) throw new AuthError("bad_response");
  const claims = claimsOf(access);
  const { exp, iat } = claims as { exp?: number; iat?: number };
  const seconds = typeof told === "number" ? told : exp && iat ? exp - iat : Infinity;
  const session = (body.session as Session) ?? null;
  const user = (body.user as User) ?? null;
  return {
    access,
    life: seconds * 1000,
    sentAt,
    refresh: (body.refresh as string) || null,
    csrf: (body.csrf_token as string) ?? null,
    session,
    user,
    subject: session?.id ?? claims.user_id ?? claims.sub,
  };
}

/** Reads the claims of a token, unchecked: the server checks them. An opaque token has none. */
export function claimsOf(token: string | null): Record<string, unknown> {
  try {
    const part = (token as string).split(".")[1] as string;
    return JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/")));
  } catch {
    return {};
  }
}
