import axios, { type AxiosError, type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { AuthError } from "./errors.js";
import { refusesToken, unlessAborted } from "./fetch.js";
import { isSafe } from "./http.js";
import { profileOf } from "./native-profile.js";
import type { Auth } from "./types.js";

/** An axios instance that sends the access token. */
export type WithAuth<T extends AxiosInstance> = T & {
  /** Takes the token away again; requests that are on their way go on. */
  eject(): void;
};

/**
 * Makes an axios instance send the access token, to the client's apiOrigins only, and repeat a request once after a refresh when the server says that the
 * token was bad. Errors stay AxiosErrors; `cause` is the client's AuthError where there is one, and `replayable` is false where the body was a stream, which
 * cannot be sent a second time. Other instances are not touched.
 */
export function withAuth<T extends AxiosInstance>(instance: T, auth: Auth): WithAuth<T> {
  const own = instance as WithAuth<T>;
  own.eject?.(); // a module that is loaded twice must not send everything twice
  const { request } = instance.interceptors;
  const id = request.use((config) => {
    const send: Send = axios.getAdapter(config.adapter, config);
    // The request is taken over where it leaves: whatever other interceptors make of it is done then, and none of them sees it twice.
    config.adapter = (final) => exchange(instance, auth, send, final as InternalAxiosRequestConfig);
    return config;
  });
  own.eject = () => request.eject(id);
  return own;
}

type Send = (config: InternalAxiosRequestConfig) => Promise<AxiosResponse>;

/** Sends one request, and repeats it once at most. */
async function exchange(
  instance: AxiosInstance,
  auth: Auth,
  send: Send,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse> {
  // The URL as the adapter will ask it, with its own baseURL: what decides whether the token goes there (token exfiltration).
  const { baseURL = "", headers, method, data } = config;
  if (headers.has("Authorization") || !auth.mayCarryToken(instance.getUri({ ...config, baseURL }))) return send(config);
  const { options } = auth;
  const profile = profileOf(options);
  const signal = config.signal as AbortSignal | undefined;
  const signedIn = () => auth.state.user;

  const attempt = async (token: string | null) => {
    const own = { ...config, headers: headers.concat() }; // adapters write into what they are given
    if (token) own.headers.set("Authorization", `${profile.headerPrefix} ${token}`);
    else if (signedIn()) {
      own.withCredentials = true; // the token lives in a cookie
      if (!isSafe(method as string)) own.headers.set(profile.csrfHeader, await auth.csrf.token());
    }
    return send(own);
  };
  const canceled = (cause: AuthError) => {
    if (cause.code === "aborted") throw new axios.CanceledError(undefined, config);
    return cause;
  };

  const token = await unlessAborted(auth.getAccessToken(), signal).catch((cause) => {
    const { message, code } = canceled(cause);
    throw Object.assign(new axios.AxiosError(message, code === "network" ? "ERR_NETWORK" : code, config), { cause });
  });
  let error: AxiosError | undefined;
  let more: object = {};
  const first = await attempt(token).catch((e: AxiosError) => {
    error = e;
    return e.response;
  });
  if (first && signedIn() && (await refusesToken(options, responseOf(first), token))) {
    try {
      const next = await unlessAborted(auth.refreshAfter(token), signal);
      if (signedIn() && !isStream(data)) return attempt(next);
      // A stream has been read: sending it again would send something else.
      more = signedIn()
        ? { replayable: false }
        : { cause: new AuthError("no_session", { reason: auth.state.reason ?? undefined }) };
    } catch (cause) {
      more = { cause: canceled(cause as AuthError) };
    }
  }
  if (error) throw Object.assign(error, more);
  return first as AxiosResponse;
}

/** An answer as fetch has it, with the body as far as it can be read twice. */
const responseOf = ({ status, headers, data }: AxiosResponse) =>
  new Response(isStream(data) ? null : data || null, { status, headers: headers as Record<string, string> });

const isStream = (data: { pipe?: unknown; getReader?: unknown } | null | undefined) => data?.pipe ?? data?.getReader;
