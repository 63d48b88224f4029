import type { FetchOptions } from "./types.js";

/** A request that may have to be sent twice. */
export interface Sending {
  first: RequestInfo | URL;
  init: RequestInit;
  /** What to send the second time; null when the body is gone. */
  again(): [input: RequestInfo | URL, init: RequestInit] | null;
}

/** Prepares a request. A Request is cloned before it is sent, because afterwards its body is gone; a stream is gone for good. */
export function prepare(first: RequestInfo | URL, { auth: _, replay, ...init }: FetchOptions): Sending {
  const { body } = init;
  const spare = isRequest(first) && first.body && !body ? first.clone() : first;
  const gone = typeof body === "object" && body && ("getReader" in body || Symbol.asyncIterator in body);
  return {
    first,
    init,
    again: () => (gone ? (replay ? [spare, { ...init, body: replay() }] : null) : [spare, init]),
  };
}

export function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === "object" && "url" in input;
}
