import { fetchText } from "./fetch.js";
import { type Principal, TokenError } from "./token.js";

/** What a follower of the feed is made of. */
export interface FeedOptions {
  url: string;
  token: string;
  fetch: typeof fetch;
  now(): number;
  /** How old a revocation is when no living token can be older. */
  forgetAfterMs: number;
  /** Told when the feed cannot be followed. */
  warn(error: unknown): void;
}

type Kind = "session" | "user" | "key" | "everything";

interface Page {
  cursor: string;
  whole: boolean;
  age_ms: number;
  revocations: { kind: Kind; subject: string; not_before: number }[];
}

const MAX_PAGE = 64 << 20; // half a million sessions that were ended in one access-token life
const GRACE_MS = 10_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/** What is known to be revoked, and when that was true. */
export class Feed {
  private revoked = new Map<string, number>(); // kind and subject: not before
  private knownAt = Number.NEGATIVE_INFINITY; // by our clock: everything revoked until then is known
  private cursor = "";
  private waitMs = Number.POSITIVE_INFINITY; // that one poll may take

  constructor(private readonly options: FeedOptions) {}

  /** Makes polls short enough that knowledge gets no older than that, even if an answer is late. */
  keepWithin(staleMs: number): void {
    this.waitMs = Math.min(this.waitMs, Math.max(1000, Math.trunc(staleMs / 3000) * 1000));
  }

  /** Whether more is known than `staleMs` ago. */
  isFresh(staleMs: number): boolean {
    return this.options.now() - this.knownAt <= staleMs;
  }

  /**
   * Refuses a token of something that was ended. Times of issue are whole seconds, so a token from the second of the revocation counts as older: when in
   * doubt, dead.
   */
  requireAlive({ sessionId, userId, issuedAt }: Principal, keyId: string): void {
    const names = [name("session", sessionId), name("user", userId), name("key", keyId), name("everything", "")];
    if (names.some((n) => (this.revoked.get(n) ?? Number.NEGATIVE_INFINITY) >= issuedAt.getTime()))
      throw new TokenError("revoked", "the token is revoked");
  }

  /** Polls until the signal. `asked` is called after each attempt. */
  async follow(signal: AbortSignal, asked: () => void): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.poll(signal);
        pause = FIRST_PAUSE_MS;
        asked();
      } catch (e) {
        if (signal.aborted) return;
        this.options.warn(e);
        asked();
        await wait(pause * (1 + Math.random()), signal); // not all followers at once
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
  }

  private async poll(signal: AbortSignal): Promise<void> {
    const { url, token, fetch, now } = this.options;
    const query = this.cursor
      ? new URLSearchParams({ wait: String(this.waitMs / 1000), cursor: this.cursor })
      : new URLSearchParams({ wait: "0" });
    const headers = { Authorization: `Bearer ${token}` };
    const page = JSON.parse(
      await fetchText(fetch, `${url}?${query}`, { most: MAX_PAGE, timeoutMs: this.waitMs + GRACE_MS, headers, signal }),
    ) as Page | null;
    if (!page?.cursor || !(page.age_ms >= 0) || !Array.isArray(page.revocations))
      throw new Error(`${url} answered something else than revocations`);
    this.take(page);
    this.knownAt = now() - page.age_ms;
    this.cursor = page.cursor;
  }

  private take({ whole, revocations }: Page): void {
    const next = whole ? new Map<string, number>() : this.revoked; // nobody sees it half full: this function waits for nothing
    for (const { kind, subject, not_before } of revocations) {
      const key = name(kind, subject);
      next.set(key, Math.max(not_before, next.get(key) ?? not_before));
    }
    const oldest = this.options.now() - this.options.forgetAfterMs;
    for (const [key, notBefore] of next) if (notBefore < oldest) next.delete(key);
    this.revoked = next;
  }
}

const name = (kind: Kind, subject: string) => `${kind} ${subject}`;

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
