import type { FetchOptions } from "./types.js";

/** Makes the same request again and again: what fetch is to be called with for each try, or null when the body is gone. */
export type Remake = (first: boolean) => [input: RequestInfo | URL, init: RequestInit] | null;

/** Prepares a request for being repeated. A Request is cloned before it is sent first, because afterwards its body is gone; a stream is gone for good. */
export function remaking(input: RequestInfo | URL, init: FetchOptions): Remake {
  const { auth: _, replay, ...plain } = init;
  const once = isStream(plain.body);
  const request = isRequest(input) ? input : null;
  let spare = request?.body && plain.body === undefined ? request.clone() : null;
  return (first) => {
    if (first) return [input, plain];
    if (once) return replay ? [input, { ...plain, body: replay() }] : null;
    if (!spare) return [input, plain];
    const next = spare;
    spare = next.clone();
    return [next, plain];
  };
}

export function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === "object" && "url" in input;
}

function isStream(body: unknown): boolean {
  return typeof body === "object" && body !== null && ("getReader" in body || Symbol.asyncIterator in body);
}
