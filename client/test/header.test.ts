import { describe, expect, test } from "vitest";
import type { TokenStore } from "../src/index.js";
import { settle } from "../src/testing.js";
import { alice, setup } from "./setup.js";

/** A key-chain that notes what is done to it. `fails` says whether the n-th call to it fails. */
function keyChain(fails: (n: number) => boolean = () => false) {
  let calls = 0;
  const kept = { token: null as string | null, log: [] as string[] };
  const run = (what: string, work: () => void) => {
    kept.log.push(what);
    if (fails(++calls)) throw new Error("the key-chain is locked");
    work();
  };
  const store: TokenStore = {
    get() {
      run("get", () => {});
      return kept.token;
    },
    set: async (token) => run(`set ${token}`, () => (kept.token = token)),
    clear: async () => run("clear", () => (kept.token = null)),
  };
  return { store, kept };
}

/** The options of a mobile app. */
const mobile = (store: TokenStore) => ({ transport: "header" as const, store, environment: {} });

describe("a mobile app", () => {
  test("signs in, and keeps each refresh token before it uses what came with it", async () => {
    const { signedIn, server, clock } = setup();
    const { store, kept } = keyChain();
    const { auth } = await signedIn(mobile(store));
    expect(auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" }, session: { id: "s1" } });
    expect(kept.token).toBe("r.s1.0");
    auth.on("token-refreshed", () => kept.log.push("refreshed"));
    await clock.advance(250_000);
    expect(kept.log.slice(-2)).toEqual(["set r.s1.1", "refreshed"]);
    const refresh = server.calls.find(({ path }) => path === "jwt/refresh/");
    expect(refresh).toMatchObject({ credentials: "omit", body: '{"refresh":"r.s1.0"}' });
    expect(refresh?.headers.has("x-csrftoken")).toBe(false);
  });

  test("is signed in again when it starts", async () => {
    const { signedIn, client, server } = setup();
    const { store } = keyChain();
    (await signedIn(mobile(store))).auth.dispose();
    const { auth } = client(mobile(store));
    expect(await auth.ready()).toMatchObject({ status: "authenticated", user: { username: "alice" } });
    await auth.signOut();
    expect(server.sessions.get("s1")?.ended).toBe("logout");
    expect(await store.get()).toBeNull();
  });

  test("knows without a call that nobody was signed in", async () => {
    const { client, server } = setup();
    expect(await client(mobile(keyChain().store)).auth.ready()).toMatchObject({ status: "anonymous", reason: null });
    expect(server.calls).toEqual([]);
  });

  test("keeps everybody signed in with a key-chain that fails each third time", async () => {
    const { client, server, clock } = setup();
    const { store, kept } = keyChain((n) => n % 3 === 0);
    // Without jitter, so that the end falls between two refreshes and not within a write that is being tried again.
    const { auth, events } = client({ ...mobile(store), refresh: { jitter: 0 } });
    await clock.advance(60_000);
    await auth.signIn(alice);
    await clock.advance(6 * 3_600_000);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
    expect(events.filter((event) => event.startsWith("signed-out"))).toEqual([]);
    expect(server.count("jwt/refresh/")).toBeGreaterThan(50);
    await clock.advance(10_000);
    expect(kept.token).toBe(server.sessions.get("s1")?.tokens.at(-1));
  });

  test("goes on when the key-chain hangs", async () => {
    const { client, clock } = setup();
    const never = new Promise<never>(() => {});
    const store: TokenStore = { get: () => null, set: () => never, clear: () => never };
    const { auth } = client(mobile(store));
    await settle();
    const signing = auth.signIn(alice);
    await clock.advance(3_000);
    expect(await signing).toMatchObject({ status: "authenticated" });
    await clock.advance(600_000);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });

  test("never puts a token back that was cleared while it was written", async () => {
    const { signedIn, clock } = setup();
    let release = () => {};
    const { store, kept } = keyChain();
    const slow: TokenStore = {
      ...store,
      async set(token) {
        if (token !== "r.s1.0") await new Promise<void>((resolve) => (release = resolve));
        await store.set(token);
      },
    };
    const { auth } = await signedIn(mobile(slow));
    const refreshed = auth.refresh({ force: true });
    await settle();
    const out = auth.signOut();
    release();
    await Promise.all([refreshed, out]);
    await clock.advance(10_000);
    expect(kept.token).toBeNull();
    expect(auth.state.status).toBe("anonymous");
  });

  test("stops its timers in the background, and refreshes what is due in front", async () => {
    const { signedIn, server, clock } = setup();
    const { auth } = await signedIn(mobile(keyChain().store));
    auth.suspend();
    expect(clock.pending).toBe(0);
    await clock.advance(3_600_000);
    expect(server.count("jwt/refresh/")).toBe(0);
    auth.resume();
    await settle();
    expect(server.count("jwt/refresh/")).toBe(1);
    auth.suspend();
    await clock.advance(10_000);
    auth.resume();
    await settle();
    expect(server.count("jwt/refresh/")).toBe(1);
  });

  test("is signed out by a verdict, and its key-chain cleared", async () => {
    const { signedIn, server } = setup();
    const { store, kept } = keyChain();
    const { auth, events } = await signedIn(mobile(store));
    server.end("user_disabled");
    await auth.refresh({ force: true });
    await settle();
    expect(events).toEqual(["signed-out: user_disabled"]);
    expect(kept.token).toBeNull();
  });

  test("signs out everywhere with a token that has expired", async () => {
    const { signedIn, server, clock } = setup();
    const { auth } = await signedIn(mobile(keyChain().store));
    auth.suspend();
    await clock.advance(400_000);
    await auth.signOut({ scope: "everywhere" });
    expect(server.sessions.get("s1")?.ended).toBe("ended_by_user");
  });
});

test("a page without a store keeps the refresh token in memory only", async () => {
  const { signedIn, client, browser, server } = setup();
  const { auth } = await signedIn({ transport: "header" });
  await auth.refresh({ force: true });
  expect([...browser.storage.values()]).toEqual(["in"]);
  auth.dispose();
  expect(await client({ transport: "header" }).auth.ready()).toMatchObject({ status: "anonymous" });
  expect(server.sessions.get("s1")?.ended).toBe("");
});
