import { type Body, readBody, refusalOf } from "./answers.js";
import type { Core } from "./core.js";
import { AuthError } from "./errors.js";
import type { Endpoint, Endpoints } from "./types.js";
import { within } from "./waiting.js";

/** What a call to an auth endpoint is made of. */
export interface Call {
  /** Our words; the profile has theirs. */
  body?: object | undefined;
  id?: string;
  /** The access token to send. */
  bearer?: string | null | undefined;
  /** The CSRF token to send instead of the current one: after a sign-out that one is forgotten. */
  csrf?: string | null;
  signal?: AbortSignal | undefined;
  keepalive?: boolean;
}

/** What a call was answered. */
export interface Answer {
  body: Body;
  /** When it was sent: lifetimes count from there, because nobody knows how long the answer took. */
  sentAt: number;
}

const SAFE = /^(GET|HEAD|OPTIONS|TRACE)\b/i;

/** Whether requests of a method change nothing, and need no CSRF token. */
export const isSafe = (method: string): boolean => SAFE.test(method);

/** Where baseUrl is. A path alone is of this page's origin. */
export function baseOf(core: Core): URL {
  const text = core.options.baseUrl;
  try {
    return new URL(text.endsWith("/") ? text : `${text}/`, core.env.location?.href);
  } catch (cause) {
    throw new AuthError("config", { cause });
  }
}

/** Calls an auth endpoint, with a CSRF token where cookies act. A CSRF token that is refused is fetched anew once. Rejects with an {@link AuthError}. */
export async function call(core: Core, name: keyof Endpoints, options: Call = {}): Promise<Answer> {
  const endpoint = core.endpoints[name];
  if (!endpoint) throw new AuthError("unsupported");
  if (isSafe(endpoint) || !core.cookie || options.bearer) return send(core, endpoint, options);
  // A sign-in needs no token unless the server is set to ask for one, so none is fetched for it.
  const csrf = options.csrf ?? core.csrf ?? (name === "signIn" || name === "signUp" ? null : await fetchCSRF(core));
  try {
    return await send(core, endpoint, { ...options, csrf });
  } catch (error) {
    if ((error as AuthError).code !== "csrf") throw error;
    return send(core, endpoint, { ...options, csrf: await fetchCSRF(core) });
  }
}

/** Fetches a CSRF token, or reads its cookie where the dialect has no endpoint for it; null: there is none. */
export async function fetchCSRF(core: Core): Promise<string | null> {
  const { endpoints, profile, env, life } = core;
  let token: string | null;
  if (endpoints.csrf) {
    const { body } = await send(core, endpoints.csrf, { signal: life.signal });
    token = (body?.token ?? body?.csrf_token ?? null) as string | null;
  } else {
    const name = profile.csrfCookie;
    token = (name && env.document?.cookie?.match(`(?:^|; )${name}=([^;]*)`)?.[1]) || null;
  }
  if (life === core.life) core.csrf = token;
  return token;
}

async function send(core: Core, endpoint: Endpoint, options: Call): Promise<Answer> {
  const { profile, clock, cookie, requestMs } = core;
  const { body, bearer, csrf, signal, id = "", keepalive = false } = options;
  const [method, path] = endpoint.split(" ") as [string, string];
  const headers: Record<string, string> = { Accept: profile.accept };
  if (body) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = `${profile.headerPrefix} ${bearer}`;
  if (csrf) headers[profile.csrfHeader] = csrf;
  const url = new URL(path.replace("{id}", encodeURIComponent(id)), baseOf(core)).href;
  const sentAt = clock.now();
  const work = async (signal: AbortSignal): Promise<Answer> => {
    const response = await rawFetch(core, url, {
      method,
      headers,
      body: body ? JSON.stringify(translate(profile.fields, body)) : null,
      credentials: cookie ? "include" : "omit",
      keepalive,
      cache: "no-store",
      signal,
    });
    const answer = await readBody(response);
    if (!response.ok) throw refusalOf(response, answer, profile.words);
    if (!answer && response.status !== 204) throw new AuthError("bad_response", { status: response.status });
    return { body: answer, sentAt };
  };
  try {
    return await within(clock, requestMs, work, signal);
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new AuthError("network", { cause });
  }
}

/** fetch as it is now: nothing is kept of it, and nothing patched. */
export function rawFetch(core: Core, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  return (core.options.fetch ?? fetch)(input, init);
}

function translate(names: Readonly<Record<string, readonly string[]>>, body: object): object {
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]) => (names[key] ?? [key]).map((name) => [name, value])),
  );
}
