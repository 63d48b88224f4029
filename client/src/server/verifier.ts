import { Feed } from "./feed.js";
import { requireSafeURL } from "./fetch.js";
import { remoteKeys } from "./keys.js";
import { check, type FindKey, type Principal, TokenError, type TokenRules } from "./token.js";

/** What {@link verifyAccessToken} checks against. */
export interface VerifyOptions extends TokenRules {
  /** The public keys: {@link remoteKeys}. Make them once, not for each request. */
  keys: FindKey;
}

/**
 * Tells who presents an access token, by its signature alone: somebody who signed out is let in until the token expires, 5 minutes unless the server was told
 * otherwise. It throws a {@link TokenError}. {@link createVerifier} follows sign-outs too, where a process lives longer than a request.
 */
export async function verifyAccessToken(token: string, { keys, ...rules }: VerifyOptions): Promise<Principal> {
  requireRules(rules);
  return (await check(token, keys, rules)).principal;
}

/** What a {@link Verifier} is made of. The issuer is needed, and either `feedToken` or `withoutFeed`. */
export interface VerifierOptions extends TokenRules {
  /** Where the public keys are. Default: /.well-known/jwks.json at the issuer. */
  jwksUrl?: string;
  /** Where the feed of revocations is. Default: /auth/revocations/ at the issuer. */
  feedUrl?: string;
  /** One of the server's feed tokens. */
  feedToken?: string;
  /** Believes a token until it expires: a sign-out takes up to the life of an access token. */
  withoutFeed?: true;
  /** How old the knowledge of revocations may be, where verify is told nothing else. Default 10 seconds, at least 2. */
  maxStaleMs?: number;
  fetch?: typeof fetch;
  /** Told when the feed cannot be followed. Default: nobody. */
  warn?(error: unknown): void;
}

/** How one route takes it when revocations cannot be learned. */
export interface Route {
  /** How old the knowledge of revocations may be; at least 2 seconds. */
  maxStaleMs?: number;
  /** Lets tokens in that nobody knows to be revoked, however old the knowledge is: for routes where being served matters more. */
  failOpen?: boolean;
}

/** Checks access tokens and follows what is revoked. */
export interface Verifier {
  /** Begins to follow the feed. The promise is fulfilled after the first attempt, whatever came of it: until one succeeds, tokens are refused as "unavailable". */
  start(): Promise<void>;
  /** Tells who presents an access token, or throws a {@link TokenError}. */
  verify(token: string, route?: Route): Promise<Principal>;
  stop(): void;
}

const MIN_STALE_MS = 2000;
const MAX_LEEWAY_MS = 30_000;
const FORGET_SLACK_MS = 60_000;

/** Makes a {@link Verifier}: one for a process. It throws for options that cannot work, and asks nobody yet. */
export function createVerifier(options: VerifierOptions): Verifier {
  requireRules(options);
  const {
    issuer,
    maxLifeMs = 15 * 60_000,
    leewayMs = 10_000,
    now = Date.now,
    maxStaleMs = 10_000,
    fetch = globalThis.fetch,
  } = options;
  const base = issuer.replace(/\/$/, "");
  const {
    jwksUrl = `${base}/.well-known/jwks.json`,
    feedUrl = `${base}/auth/revocations/`,
    feedToken,
    withoutFeed,
    warn = () => {},
  } = options;
  if (Boolean(feedToken) === Boolean(withoutFeed)) {
    throw new Error(
      "verifier: needs a feedToken, or withoutFeed, which says that sign-outs may take the life of a token",
    );
  }
  const keys = remoteKeys(jwksUrl, { fetch, now });
  let feed: Feed | null = null;
  if (feedToken) {
    requireSafeURL("feed", feedUrl);
    feed = new Feed({
      url: feedUrl,
      token: feedToken,
      fetch,
      now,
      forgetAfterMs: maxLifeMs + leewayMs + FORGET_SLACK_MS,
      warn,
    });
    feed.keepWithin(requireStale(maxStaleMs));
  }
  let running: AbortController | null = null;
  let first: Promise<void> = Promise.resolve();

  return {
    start() {
      if (feed && !running) {
        running = new AbortController();
        const { signal } = running;
        first = new Promise((resolve) => void feed.follow(signal, resolve).finally(resolve));
      }
      return first;
    },
    async verify(token, route = {}) {
      const stale = requireStale(route.maxStaleMs ?? maxStaleMs);
      feed?.keepWithin(stale); // the strictest route says how often the feed is asked
      const { principal, keyId } = await check(token, keys, { ...options, maxLifeMs, leewayMs, now });
      feed?.requireAlive(principal, keyId);
      if (feed && !route.failOpen && !feed.isFresh(stale)) {
        throw new TokenError("unavailable", `revocations have not been heard of for longer than ${stale} ms`);
      }
      return principal;
    },
    stop() {
      running?.abort();
      running = null;
    },
  };
}

function requireRules({ issuer, leewayMs = 0, maxLifeMs = 1 }: TokenRules): void {
  if (!issuer) throw new Error("verifier: issuer: missing");
  if (!(leewayMs >= 0 && leewayMs <= MAX_LEEWAY_MS))
    throw new Error(`verifier: leewayMs: ${leewayMs}: must be 0 to ${MAX_LEEWAY_MS}`);
  if (!(maxLifeMs > 0)) throw new Error(`verifier: maxLifeMs: ${maxLifeMs}: must be positive`);
}

function requireStale(ms: number): number {
  if (!(ms >= MIN_STALE_MS)) throw new Error(`verifier: maxStaleMs: ${ms}: must be at least ${MIN_STALE_MS}`);
  return ms;
}
