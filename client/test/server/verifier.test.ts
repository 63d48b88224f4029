import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createVerifier, type Route, TokenError, type VerifierOptions } from "../../src/server.js";
import { claims, ISSUER, json, makePair, NOW, serve, signed } from "./helpers.js";

const pair = makePair();
const seconds = NOW / 1000;
const entry = (kind: string, subject: string, not_before = NOW) => ({ kind, subject, not_before, reason: "logout" });

/** A server with keys and a feed, which answers polls when the test says so. */
async function setUp(options: Partial<VerifierOptions> = {}) {
  const polls: { query: URLSearchParams; authorization: string | undefined; response: ServerResponse }[] = [];
  let arrived = () => {};
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", "http://x");
    if (url.pathname === "/.well-known/jwks.json") return json(response, 200, { keys: [pair.jwk] });
    polls.push({ query: url.searchParams, authorization: request.headers.authorization, response });
    arrived();
  };
  const url = await serve(answer);
  const clock = { now: NOW };
  const warnings: unknown[] = [];
  const verifier = createVerifier({
    issuer: ISSUER,
    jwksUrl: `${url}/.well-known/jwks.json`,
    feedUrl: `${url}/auth/revocations/`,
    feedToken: "t0k3n",
    now: () => clock.now,
    warn: (e) => warnings.push(e),
    ...options,
  });
  onTestFinished(() => verifier.stop());
  const poll = async (n: number) => {
    while (polls.length <= n) await new Promise<void>((resolve) => (arrived = resolve));
    return polls[n] as (typeof polls)[number];
  };
  /** Answers a poll, and waits for the next one: then the answer is in force. */
  const tell = async (n: number, page: Record<string, unknown>) => {
    json((await poll(n)).response, 200, { cursor: `c${n}`, whole: false, age_ms: 0, revocations: [], ...page });
    return poll(n + 1);
  };
  const code = (token = signed(pair, claims()), route?: Route) =>
    verifier.verify(token, route).then(
      () => "let in",
      (e: unknown) => (e instanceof TokenError ? e.code : e),
    );
  return { verifier, polls, poll, tell, code, clock, warnings };
}

test("a sign-out bites as soon as the feed tells of it", async () => {
  const { verifier, tell, code } = await setUp();
  const started = verifier.start();
  const next = await tell(0, { whole: true });
  await started;
  expect(await code()).toBe("let in");
  expect(next.query.get("cursor")).toBe("c0");
  expect(next.query.get("wait")).toBe("3"); // a third of ten seconds
  expect(next.authorization).toBe("Bearer t0k3n");
  await tell(1, { revocations: [entry("session", "s1")] });
  expect(await code()).toBe("revoked");
});

test.each([
  ["its session", entry("session", "s1"), "revoked"],
  ["its user", entry("user", "42"), "revoked"],
  ["its key", entry("key", pair.kid), "revoked"],
  ["everything", entry("everything", ""), "revoked"],
  ["later in the second of its issue", entry("session", "s1", (seconds - 60) * 1000 + 999), "revoked"],
  ["the moment before its issue", entry("session", "s1", (seconds - 60) * 1000 - 1), "let in"],
  ["another session", entry("session", "s2"), "let in"],
  ["a user with the id of its session", entry("user", "s1"), "let in"],
  ["a kind of the future", entry("device", "s1"), "let in"],
])("the revocation of %s", async (_, revocation, verdict) => {
  const { verifier, tell, code } = await setUp();
  void verifier.start();
  await tell(0, { whole: true, revocations: [revocation] });
  expect(await code()).toBe(verdict);
});

test("of two revocations of one thing the later counts, and a whole answer replaces all", async () => {
  const { verifier, tell, code } = await setUp();
  void verifier.start();
  await tell(0, { whole: true, revocations: [entry("user", "42"), entry("user", "42", 1)] });
  expect(await code()).toBe("revoked");
  await tell(1, { whole: true, revocations: [entry("user", "43")] });
  expect(await code()).toBe("let in");
});

test("attack: tokens of ended sessions are not let in while the feed is cut off", async () => {
  const { verifier, tell, code, clock } = await setUp();
  expect(await code()).toBe("unavailable"); // nothing is known yet
  void verifier.start();
  await tell(0, { whole: true, age_ms: 1000 });
  clock.now += 9000;
  expect(await code()).toBe("let in");
  clock.now += 1;
  expect(await code()).toBe("unavailable");
  expect(await code(undefined, { failOpen: true })).toBe("let in");
  expect(await code(undefined, { maxStaleMs: 20_000 })).toBe("let in");
});

test("a route that fails open still refuses whom it knows to be signed out", async () => {
  const { verifier, tell, code, clock } = await setUp();
  void verifier.start();
  await tell(0, { whole: true, revocations: [entry("session", "s1")] });
  clock.now += 60_000;
  expect(await code(undefined, { failOpen: true })).toBe("revoked");
});

test("the strictest route says how often the feed is asked", async () => {
  const { verifier, tell, code } = await setUp();
  void verifier.start();
  await tell(0, { whole: true });
  await code(undefined, { maxStaleMs: 2000 });
  expect((await tell(1, {})).query.get("wait")).toBe("1");
});

test("a revocation is kept for as long as a token can live", async () => {
  const { verifier, tell, code, clock } = await setUp();
  void verifier.start();
  await tell(0, { whole: true, revocations: [entry("user", "42")] });
  clock.now += 15 * 60_000 + 9999;
  await tell(1, {});
  expect(await code(signed(pair, claims({ iat: seconds, exp: seconds + 900 })))).toBe("revoked");
});

test.each([
  ["a refusal", (r: ServerResponse) => json(r, 503, { detail: "no" })],
  ["something else", (r: ServerResponse) => json(r, 200, { keys: [] })],
  ["no JSON", (r: ServerResponse) => void r.writeHead(200).end("<html>")],
  ["a redirect", (r: ServerResponse) => void r.writeHead(302, { Location: "https://evil.example/" }).end()],
  ["a broken connection", (r: ServerResponse) => void r.destroy()],
])("after %s the feed is asked again, and start has not hung", async (_, answer) => {
  const { verifier, poll, tell, code, warnings } = await setUp();
  const started = verifier.start();
  answer((await poll(0)).response);
  await started;
  expect(await code()).toBe("unavailable");
  await tell(1, { whole: true });
  expect([await code(), warnings.length]).toEqual(["let in", 1]);
});

test("stop ends the poll that is waiting", async () => {
  const { verifier, tell } = await setUp();
  void verifier.start();
  const waiting = await tell(0, { whole: true });
  const closed = new Promise((resolve) => waiting.response.on("close", resolve));
  verifier.stop();
  await closed;
});

test("without a feed a token is believed until it expires", async () => {
  const { code, verifier, clock } = await setUp({ feedToken: "", withoutFeed: true });
  await verifier.start();
  expect(await code()).toBe("let in");
  clock.now += 250_000;
  expect(await code()).toBe("expired");
});

test.each([
  ["neither feed token nor withoutFeed", {}],
  ["both", { feedToken: "t", withoutFeed: true as const }],
  ["a feed over plain http", { feedToken: "t", feedUrl: "http://auth.example.com/auth/revocations/" }],
  ["a bound of a second", { feedToken: "t", maxStaleMs: 1000 }],
  ["a leeway of minutes", { feedToken: "t", leewayMs: 60_000 }],
])("options with %s are refused", (_, options) => {
  expect(() => createVerifier({ issuer: ISSUER, ...options })).toThrow(/verifier|feed/);
});
