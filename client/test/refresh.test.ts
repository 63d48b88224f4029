import { describe, expect, test } from "vitest";
import { isAuthError } from "../src/index.js";
import { type Fault, settle } from "../src/testing.js";
import { alice, setup } from "./setup.js";

const TERMINAL: Fault = [401, { detail: "Token is blacklisted", code: "session_ended", reason: "password_changed" }];

describe("a refresh that the server refuses for good", () => {
  test.each([
    ["session_ended", 401, "password_changed", "password_changed"],
    ["session_compromised", 401, undefined, "compromised"],
    ["token_expired", 401, "expired_idle", "expired_idle"],
    ["user_inactive", 403, undefined, "user_disabled"],
    ["token_not_valid", 400, undefined, "unknown"],
  ])("signs out: %s with status %i", async (code, status, reason, told) => {
    const { server, signedIn } = setup();
    const { auth, events } = await signedIn();
    server.next("refresh/", [status, { detail: "no", code, ...(reason ? { reason } : {}) }]);
    await auth.refresh({ force: true });
    expect(auth.state).toMatchObject({ status: "anonymous", reason: told, user: null });
    expect(events).toEqual([`signed-out: ${told}`]);
    expect(await auth.getAccessToken()).toBeNull();
  });
});

describe("a refresh that fails for a reason that says nothing about the session", () => {
  const faults: [string, Fault, string][] = [
    ["the network is down", "network", "network"],
    ["the server is being deployed", 502, "server"],
    ["the server is down", [503, { detail: "later", code: "unavailable" }], "server"],
    ["nothing answers", "hang", "timeout"],
    ["a captive portal answers", "html", "bad_response"],
    ["a proxy refuses", 401, "bad_response"],
    ["a stranger refuses in JSON", [401, { message: "no" }], "bad_response"],
    ["a code nobody knows", [401, { detail: "?", code: "other" }], "bad_response"],
    ["a terminal code with a status that is no verdict", [500, { detail: "x", code: "session_ended" }], "server"],
    ["an answer without a token", [200, {}], "bad_response"],
    ["another token is in the jar already", [409, { detail: "x", code: "refresh_superseded" }], "conflict"],
    ["too many calls", [429, { detail: "x", code: "throttled" }, { "Retry-After": "3" }], "rate_limited"],
  ];
  test.each(faults)("keeps the session when %s", async (_, fault, code) => {
    const { clock, server, signedIn } = setup();
    const { auth, events } = await signedIn();
    server.next("refresh/", fault);
    const refreshed = auth.refresh({ force: true }).catch((e) => e);
    await clock.advance(10_000);
    expect(isAuthError(await refreshed)).toBe(true);
    expect(await refreshed).toMatchObject({ code, terminal: false });
    expect(auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" } });
    expect(events[0]).toBe("refresh-failed");
    await clock.advance(30_000); // it is tried again
    expect(events).toEqual(["refresh-failed", "token-refreshed"]);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false, refreshing: false });
  });

  test("says stale for an outage, and at once", async () => {
    const { server, signedIn } = setup();
    const { auth } = await signedIn();
    server.next("refresh/", "network");
    await auth.refresh({ force: true }).catch(() => {});
    expect(auth.state.stale).toBe(true);
  });

  test("says stale for a strange answer only when the token is dead and three tries failed", async () => {
    const { clock, server, signedIn } = setup();
    const { auth } = await signedIn();
    server.always("refresh/", "html");
    for (let i = 0; i < 3; i++) await auth.refresh({ force: true }).catch(() => {});
    expect(auth.state.stale).toBe(false);
    await clock.advance(331_000);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
    server.always("refresh/", null);
    await clock.advance(31_000);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });

  test("asks at most twelve times in a minute of 502", async () => {
    const { clock, server, signedIn } = setup({ accessLifetime: 20 });
    const { auth } = await signedIn();
    server.always("refresh/", 502);
    await clock.advance(20_000);
    server.calls.length = 0;
    await clock.advance(60_000);
    expect(server.count("refresh/")).toBeLessThanOrEqual(12);
    expect(server.count("refresh/")).toBeGreaterThan(1);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
  });

  test("waits as long as the server says, and all callers with it", async () => {
    const { clock, server, signedIn } = setup();
    const { auth, tab } = await signedIn();
    await clock.advance(230_000);
    server.calls.length = 0;
    server.next("refresh/", [429, { detail: "x", code: "throttled" }, { "Retry-After": "8" }]);
    await auth.refresh({ force: true }).catch(() => {});
    const waiting = [
      auth.refresh({ force: true }),
      auth.refresh({ force: true }),
      auth.refreshAfter(await auth.getAccessToken()),
    ];
    tab.fire("online");
    tab.fire("focus");
    await clock.advance(7_900);
    expect(server.count("refresh/")).toBe(1);
    await clock.advance(200);
    await Promise.all(waiting);
    expect(server.count("refresh/")).toBe(2);
  });

  test("rejects at once where the wait would be too long for a caller", async () => {
    const { server, signedIn } = setup();
    const { auth } = await signedIn();
    server.next("refresh/", [429, { detail: "x", code: "throttled" }, { "Retry-After": "3600" }]);
    await auth.refresh({ force: true }).catch(() => {});
    await expect(auth.refresh({ force: true })).rejects.toMatchObject({
      code: "rate_limited",
      retryAfterMs: 3_600_000,
    });
    expect(server.count("refresh/")).toBe(1);
  });

  test.each(["online", "focus", "visibilitychange", "resume"])("is tried at once on %s", async (event) => {
    const { clock, server, signedIn } = setup();
    const { auth, tab } = await signedIn();
    server.always("", "network");
    await clock.advance(600_000); // ten minutes offline, with an expired token
    expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
    server.always("", null);
    server.calls.length = 0;
    tab.fire(event);
    await settle();
    expect(server.count("refresh/")).toBe(1);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });

  test("loses nothing when the answer is lost after the server rotated", async () => {
    const { server, signedIn } = setup();
    const { auth } = await signedIn();
    server.next("refresh/", "lost");
    await expect(auth.refresh({ force: true })).rejects.toMatchObject({ code: "network" });
    await auth.refresh({ force: true });
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });
});

describe("the refresh", () => {
  test("is one for all who ask", async () => {
    const { clock, server, signedIn } = setup();
    const { auth } = await signedIn();
    await clock.advance(200_000);
    server.expireAccess();
    await Promise.all([
      auth.refresh({ force: true }),
      auth.refresh({ force: true }),
      auth.getAccessToken({ minTtlMs: 999_000 }),
      auth.fetch(`${server.origin}/api/a/`),
      auth.fetch(`${server.origin}/api/b/`),
    ]);
    expect(server.count("refresh/")).toBe(1);
  });

  test("goes on when a caller gives up", async () => {
    const { clock, server, signedIn } = setup();
    const { auth } = await signedIn();
    await clock.advance(230_000);
    const release = server.hold("refresh/");
    const patient = auth.getAccessToken({ minTtlMs: 200_000 });
    const caller = new AbortController();
    const hasty = auth.getAccessToken({ minTtlMs: 200_000, signal: caller.signal });
    caller.abort();
    await expect(hasty).rejects.toMatchObject({ code: "aborted" });
    release();
    expect(await patient).toMatch(/^ey/);
  });

  test("comes ahead of time, in a tab that can be seen", async () => {
    const { clock, server, signedIn, browser } = setup();
    const { tab } = await signedIn();
    await clock.advance(230_000);
    expect(server.count("refresh/")).toBe(0);
    await clock.advance(20_000);
    expect(server.count("refresh/")).toBe(1);
    tab.show(false);
    await clock.advance(3_600_000);
    expect(server.count("refresh/")).toBe(1);
    tab.show(true);
    await settle();
    expect(server.count("refresh/")).toBe(2);
    expect(browser.held).toEqual([]);
  });

  test("does not come over and over for a token that lives very short", async () => {
    const { clock, server, signedIn } = setup({ accessLifetime: 4 });
    await signedIn();
    await clock.advance(20_000);
    expect(server.count("refresh/")).toBeLessThan(15);
  });

  test("counts lifetimes from when the call was sent", async () => {
    const { clock, server, client, browser } = setup();
    const { auth } = client({}, browser.tab({ visible: false })); // so that nothing is refreshed ahead of time
    const release = server.hold("login/");
    const signing = auth.signIn(alice);
    await clock.advance(9_000);
    release();
    await signing;
    await clock.advance(286_500); // 295.5 s after it was sent, 286.5 s after it was answered
    await auth.getAccessToken({ minTtlMs: 5_000 });
    expect(server.count("refresh/")).toBe(1);
  });

  test("gets a fresh CSRF token once when the server takes the old one no more", async () => {
    const { server, signedIn } = setup();
    const { auth } = await signedIn();
    server.rotateCSRF();
    await auth.refresh({ force: true });
    expect(server.calls.map(({ path }) => path)).toEqual(["refresh/", "csrf/", "refresh/"]);
    server.always("refresh/", [403, { detail: "CSRF Failed: CSRF cookie not set." }]);
    await expect(auth.refresh({ force: true })).rejects.toMatchObject({ code: "csrf" });
    expect(server.count("refresh/")).toBe(4);
    expect(auth.state.status).toBe("authenticated");
  });

  test("tells listeners outside of the lock, who may call the client", async () => {
    const { server, signedIn, browser } = setup();
    const { auth } = await signedIn();
    const held: string[][] = [];
    auth.subscribe(() => held.push(browser.held));
    auth.on("token-refreshed", () => void auth.getAccessToken());
    auth.subscribe(() => void auth.refresh());
    await auth.refresh({ force: true });
    expect(held.length).toBeGreaterThan(1);
    expect(held.flat()).toEqual([]);
    expect(server.count("refresh/")).toBe(1);
  });

  test("survives a frozen page: its call is given up, and made again", async () => {
    const { clock, server, signedIn, browser } = setup();
    const { auth, tab, events } = await signedIn();
    const release = server.hold("refresh/");
    const refreshed = auth.refresh({ force: true });
    await settle();
    expect(browser.held).toHaveLength(1);
    tab.fire("freeze");
    await settle();
    expect(browser.held).toEqual([]);
    release();
    await clock.advance(1_000);
    await refreshed;
    expect(events).toEqual(["token-refreshed"]);
    expect(server.count("refresh/")).toBe(2);
  });

  test("ends the session once, whatever comes at the same time", async () => {
    const { server, signedIn } = setup();
    const { auth, events } = await signedIn();
    server.always("refresh/", TERMINAL);
    await Promise.all([auth.refresh({ force: true }), auth.refresh({ force: true }), auth.refreshAfter(null)]);
    await auth.refresh({ force: true });
    expect(events).toEqual(["signed-out: password_changed"]);
  });
});
