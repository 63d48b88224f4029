import { AuthError, type EndReason } from "../errors.js";
import type { AuthState, Session, User } from "../types.js";
import { applySetCookie, type SetCookie } from "./cookies.js";

export type { SetCookie } from "./cookies.js";

/** What {@link createServerClient} is made of: one for each request, never one for all. */
export interface ServerClientOptions {
  /** Where the auth endpoints live, as this server reaches them. */
  baseUrl: string;
  /** The request's header Cookie, or its cookies one by one, as `(await cookies()).getAll()` of Next.js has them. */
  cookies: string | readonly { name: string; value: string }[];
  /** Takes a cookie that the browser has to get. Only where cookies can be set: a route handler or a middleware, never a render. */
  setCookie?(cookie: SetCookie): void;
  /** The origin of your pages, as the auth server allows it. Default: that of baseUrl. */
  origin?: string;
  /** More headers, such as the browser's User-Agent, which names the device, or X-Forwarded-For where the auth server trusts you with it. */
  headers?: Record<string, string>;
  /** Default 5 000. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

/** What a refresh answers. */
export interface ServerSession {
  state: AuthState;
  /** For calls to an API in this request; null when nobody is signed in, or the token lives in a cookie. */
  accessToken: string | null;
}

/** The client of one request to your server. */
export interface ServerClient {
  /**
   * Who is signed in. It reads only, so a render may ask, and any number of components share one question. While the auth server cannot be reached the
   * state is "unknown" and stale: that is no sign-out. Give the state to the browser: `<AuthProvider initial={state}>`.
   */
  session(): Promise<AuthState>;
  /**
   * Exchanges the refresh cookie, and hands every Set-Cookie of the answer on to `setCookie`. It rejects without `setCookie`, because the browser would
   * stay with an old token, and with an {@link AuthError} when the auth server cannot be reached.
   */
  refresh(): Promise<ServerSession>;
}

interface Answer {
  authenticated?: boolean;
  reason?: EndReason;
  csrf_token?: string;
  access?: string;
  session?: Session;
  user?: User;
  code?: string;
}

interface Reply {
  status: number;
  body: Answer;
  fresh: SetCookie[];
}

const NOBODY = { user: null, session: null, stale: false, refreshing: false } as const;

/** Makes the client of one request, for the native profile. It keeps nothing and touches no global. */
export function createServerClient(options: ServerClientOptions): ServerClient {
  const { baseUrl, setCookie, timeoutMs = 5000, fetch = globalThis.fetch } = options;
  const base = baseUrl.replace(/\/*$/, "/");
  const origin = options.origin ?? new URL(base).origin;
  const jar = new Map(
    typeof options.cookies === "string"
      ? parseCookies(options.cookies)
      : options.cookies.map(({ name, value }) => [name, value]),
  );

  async function ask(method: "GET" | "POST", path: string, headers: Record<string, string> = {}): Promise<Reply> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(base + path, {
      method,
      headers: { Accept: "application/json", ...options.headers, ...(cookie && { Cookie: cookie }), ...headers },
      redirect: "manual", // another place must not get the cookies
      cache: "no-store", // one user's answer must not be kept for another
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause) => {
      throw new AuthError(cause?.name === "TimeoutError" ? "timeout" : "network", {
        message: `${base} does not answer`,
        cause,
      });
    });
    const body = await response.json().catch(() => null);
    if (response.status >= 500) throw new AuthError("server", { status: response.status });
    if (typeof body !== "object" || body === null) throw new AuthError("bad_response", { status: response.status });
    return {
      status: response.status,
      body,
      fresh: response.headers.getSetCookie().map((header) => applySetCookie(jar, header)),
    };
  }

  async function read(): Promise<AuthState> {
    try {
      const { status, body } = await ask("GET", "session/");
      return stateOf(status, body);
    } catch (e) {
      if (!(e instanceof AuthError)) throw e;
      return Object.freeze({ ...NOBODY, status: "unknown", reason: null, stale: true });
    }
  }

  let asked: Promise<AuthState> | null = null;
  return {
    session: () => {
      asked ??= read();
      return asked;
    },
    async refresh() {
      if (!setCookie)
        throw new AuthError("config", {
          message: "No cookie can be set here, so a refresh would be lost: refresh in a route handler or a middleware.",
        });
      const before = await ask("GET", "session/");
      const known = stateOf(before.status, before.body);
      const grant = known.status === "authenticated" ? await exchange(before.body.csrf_token ?? "") : null;
      for (const cookie of new Map([...before.fresh, ...(grant?.fresh ?? [])].map((c) => [c.name, c])).values())
        setCookie(cookie);
      const state = grant ? stateAfter(known, grant) : known;
      asked = Promise.resolve(state);
      return { state, accessToken: grant?.body.access ?? null };
    },
  };

  function exchange(csrf: string): Promise<Reply> {
    return ask("POST", "refresh/", { Origin: origin, "X-CSRFToken": csrf });
  }
}

/** The state after a refresh. Only a 401 with a reason, or a code, says that the session is over; 409 says that somebody else refreshed at the same time. */
function stateAfter(known: AuthState, { status, body }: Reply): AuthState {
  if (status === 200) return Object.freeze({ ...known, session: body.session ?? known.session } as AuthState);
  if (status === 409) return known;
  if (status === 401 && body.code)
    return Object.freeze({ ...NOBODY, status: "anonymous", reason: body.reason ?? "unknown" });
  throw new AuthError(status === 403 ? "csrf" : status === 429 ? "rate_limited" : "bad_response", { status });
}

function stateOf(status: number, { authenticated, reason, user, session }: Answer): AuthState {
  if (status !== 200 || typeof authenticated !== "boolean") throw new AuthError("bad_response", { status });
  if (!authenticated) return Object.freeze({ ...NOBODY, status: "anonymous", reason: reason ?? null });
  if (!user) throw new AuthError("bad_response", { status });
  return Object.freeze({ ...NOBODY, status: "authenticated", user, session: session ?? null, reason: null });
}

function parseCookies(header: string): [string, string][] {
  return header.split(";").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]];
  });
}
