import { readBody, refusalOf } from "./answers.js";
import { isRequest, remaking } from "./bodies.js";
import type { Core, Token } from "./core.js";
import { AuthError } from "./errors.js";
import { baseOf, fetchCSRF, isSafe, rawFetch } from "./http.js";
import type { FetchOptions } from "./types.js";

/** Where the token comes from. */
export interface Access {
  /** The live token, refreshed if need be; null when nobody is signed in. */
  get(minTtlMs?: number): Promise<Token | null>;
  /** The token after this one, which was refused. */
  after(refused: Token | null): Promise<Token | null>;
}

/** Whether the token may be sent to a URL: to the origins of the options, and nowhere else, or any page that an app fetches could collect it. */
export function mayCarryToken(core: Core, url: string | URL): boolean {
  try {
    const base = baseOf(core);
    const { origin } = new URL(url, core.env.location?.href ?? base);
    return (core.options.apiOrigins ?? [base.origin]).includes(origin);
  } catch {
    return false;
  }
}

/** Makes the `fetch` of a client. */
export function createFetch(
  core: Core,
  access: Access,
): (input: RequestInfo | URL, init?: FetchOptions) => Promise<Response> {
  return async (input, init = {}) => {
    const { auth = "auto" } = init;
    const request = isRequest(input) ? input : null;
    const remake = remaking(input, init);
    const headers = () => new Headers(init.headers ?? request?.headers);
    const signal = init.signal ?? request?.signal;
    const send = async (token: Token | null, first: boolean): Promise<Response> => {
      const parts = remake(first);
      if (!parts)
        throw new AuthError("unsupported", {
          message: "a stream cannot be sent twice: give replay, or send it again",
          status: 401,
        });
      return rawFetch(core, parts[0], token ? { ...parts[1], ...(await credentials(token)) } : parts[1]);
    };
    const credentials = async ({ access }: Token): Promise<RequestInit> => {
      const all = headers();
      if (access) all.set("Authorization", `${core.options.headerPrefix ?? core.profile.headerPrefix} ${access}`);
      else if (!isSafe(init.method ?? request?.method ?? "GET"))
        all.set(core.profile.csrfHeader, core.csrf ?? (await fetchCSRF(core)) ?? "");
      return access ? { headers: all } : { headers: all, credentials: "include" };
    };

    const carries =
      auth !== "none" &&
      mayCarryToken(core, request?.url ?? (input as string | URL)) &&
      !headers().has("Authorization");
    if (!carries && auth !== "required") return send(null, true);
    const token = await unlessAborted(access.get(), signal);
    if (!token || !carries) {
      if (auth === "required")
        throw new AuthError(carries ? "no_session" : "config", { message: `no token for ${request?.url ?? input}` });
      return send(null, true);
    }
    const response = await send(token, true);
    const verdict = await judge(core, response, token);
    if (verdict === "csrf") core.csrf = null;
    else if (verdict !== "token") return response;
    try {
      const next = verdict === "token" ? await unlessAborted(access.after(token), signal) : token;
      return next ? await send(next, false) : response;
    } catch (error) {
      if ((error as AuthError).terminal) return response;
      throw error;
    }
  };
}

/** Whether a refusal is about the token or the CSRF token, so that the request may be sent once more with another one. */
async function judge(core: Core, response: Response, { access }: Token): Promise<"token" | "csrf" | null> {
  const { status, headers } = response;
  const { shouldRefresh } = core.options;
  if (shouldRefresh && (await shouldRefresh(response.clone()))) return "token";
  if (status !== 401 && (status !== 403 || access)) return null;
  const { code } = refusalOf(response, await readBody(response.clone()), core.profile.words);
  if (status === 403) return code === "csrf" ? code : null;
  if (shouldRefresh) return null;
  const challenged = /error="?invalid_token/.test(headers.get("WWW-Authenticate") ?? "");
  // A server that does not see the token at all will not see another one either.
  return challenged || code === "session_expired" || code === "session_revoked" || (code === "no_session" && !access)
    ? "token"
    : null;
}

/** Waits for what others wait for too; a caller that gives up ends only his own wait. */
export function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(new AuthError("aborted", { cause: signal.reason }));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
