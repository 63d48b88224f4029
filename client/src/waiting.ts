import { AuthError, type ErrorCode } from "./errors.js";
import type { Clock } from "./types.js";

/** Does work, for at most so long (0: for as long as it takes). The work is told to stop when the time is over or the signal fires; the wait is over at once. */
export function within<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal | null,
): Promise<T> {
  const limit = new AbortController();
  let timer: unknown;
  let stop = () => {};
  return new Promise<T>((resolve, reject) => {
    const giveUp = (code: ErrorCode) => {
      reject(new AuthError(code, { cause: signal?.reason }));
      limit.abort();
    };
    stop = () => giveUp("aborted");
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop);
    if (ms) timer = clock.setTimeout(() => giveUp("timeout"), ms);
    work(limit.signal).then(resolve, reject);
  }).finally(() => {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  });
}

const noClock: Clock = { now: () => 0, setTimeout() {}, clearTimeout() {} };

/** Waits for what others wait for too; a caller that gives up ends only his own wait. */
export function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  promise.catch(() => {}); // nobody may be left to hear of its failure
  return within(noClock, 0, () => promise, signal);
}
