import { readBody, refusalOf } from "./answers.js";
import { isRequest, prepare } from "./bodies.js";
import type { Core, Token } from "./core.js";
import { AuthError } from "./errors.js";
import { baseOf, fetchCSRF, isSafe, rawFetch } from "./http.js";
import { profileOf } from "./native-profile.js";
import type { FetchOptions, Options } from "./types.js";
import { unlessAborted } from "./waiting.js";

export { unlessAborted };

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
  const { profile, options } = core;
  return async (input, given = {}) => {
    const { auth = "auto" } = given;
    const { first, init, again } = prepare(input, given);
    const request: Partial<Request> = isRequest(input) ? input : {};
    const own = new Headers(init.headers ?? request.headers);
    const signal = init.signal ?? request.signal;
    const send = async (token: Token, what: RequestInfo | URL, init: RequestInit): Promise<Response> => {
      if (token.access) own.set("Authorization", `${profile.headerPrefix} ${token.access}`);
      else if (!isSafe(init.method ?? request.method ?? "GET"))
        own.set(profile.csrfHeader, core.csrf ?? (await fetchCSRF(core)) ?? "");
      return rawFetch(core, what, { ...init, headers: own, ...(token.access ? {} : { credentials: "include" }) });
    };
    const carries =
      auth !== "none" && !own.has("Authorization") && mayCarryToken(core, request.url ?? (input as string | URL));
    const token = carries ? await unlessAborted(access.get(), signal) : null;
    if (!token) {
      if (auth === "required") throw new AuthError(carries ? "no_session" : "config");
      return rawFetch(core, first, init);
    }
    const response = await send(token, first, init);
    const refused = await refusesToken(options, response, token.access);
    if (!refused && !(await refusesCSRF(core, response, token))) return response;
    try {
      const next = refused ? await unlessAborted(access.after(token), signal) : token;
      const second = again();
      if (!second)
        throw new AuthError("unsupported", { message: "a stream cannot be sent twice: give replay", status: 401 });
      return next ? await send(next, ...second) : response;
    } catch (error) {
      if ((error as AuthError).terminal) return response;
      throw error;
    }
  };
}

/** Whether an answer to a request with this token, null where it lives in a cookie, says that the token is bad. */
export async function refusesToken(options: Options, response: Response, token: string | null): Promise<boolean> {
  if (options.shouldRefresh) return options.shouldRefresh(response.clone());
  if (response.status !== 401) return false;
  const { terminal, code } = await refusalIn(response, options);
  // A server that does not see the token at all will not see another one either.
  return (
    /error="?invalid_token/.test(response.headers.get("WWW-Authenticate") ?? "") ||
    (terminal && !(code === "no_session" && token))
  );
}

/** Whether the CSRF token was bad. Then it is forgotten. */
async function refusesCSRF(core: Core, response: Response, { access }: Token): Promise<boolean> {
  if (response.status !== 403 || access || (await refusalIn(response, core.options)).code !== "csrf") return false;
  core.csrf = null;
  return true;
}

const refusalIn = async (response: Response, options: Options): Promise<AuthError> =>
  refusalOf(response, await readBody(response.clone()), profileOf(options).words);
