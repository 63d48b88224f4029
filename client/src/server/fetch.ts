import { isLoopback } from "../loopback.js";

/** Bounds of one fetch. */
export interface Bounds {
  most: number; // bytes
  timeoutMs: number;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Fetches a document of bounded size in bounded time, and follows no redirect: what it answers decides who is let in. */
export async function fetchText(
  fetch: typeof globalThis.fetch,
  url: string,
  { most, timeoutMs, headers, signal }: Bounds,
): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    headers: { Accept: "application/json", ...headers },
    redirect: "error",
    cache: "no-store", // frameworks keep answers of fetch for ever otherwise
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (response.status !== 200) throw new Error(`${url.split("?")[0]} answered ${response.status}`);
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > most) {
      await reader?.cancel();
      throw new Error(`the answer is longer than ${most} bytes`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Refuses plain http to other machines: who sits on the way would choose the keys, or read the feed token. */
export function requireSafeURL(what: string, url: string): void {
  const { protocol, hostname, username, password } = new URL(url);
  if (username || password) throw new Error(`${what}: must have no user name and no password in its URL`);
  if (protocol === "https:" || (protocol === "http:" && isLoopback(hostname))) return;
  throw new Error(`${what}: ${url}: must be https; http is for loopback only`);
}
