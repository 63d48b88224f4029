import { describe, expect, test } from "vitest";
import { createAuth } from "../src/index.js";
import { type FakeTab, settle } from "../src/testing.js";
import { alice, record, setup } from "./setup.js";

/** Tabs of one browser that are all signed in as alice. */
async function open(
  count: number,
  options: Parameters<ReturnType<typeof setup>["client"]>[0] = {},
  tabs: FakeTab[] = [],
) {
  const all = setup();
  all.server.addUser({ username: "bob", password: "b" });
  const first = await all.signedIn(options, tabs[0]);
  const clients = [first];
  for (let i = 1; i < count; i++) {
    clients.push(all.client(options, tabs[i]));
    await settle();
  }
  for (const { events } of clients) events.length = 0;
  await all.clock.advance(1_000);
  all.server.calls.length = 0;
  return { ...all, clients };
}

describe("five tabs", () => {
  test("make one refresh of one expiry", async () => {
    const { clock, server, clients } = await open(5);
    for (const { tab } of clients) tab.show(false);
    await clock.advance(400_000);
    for (const { tab } of clients) tab.show(true);
    await clock.advance(1_000);
    expect(server.count("refresh/")).toBe(1);
    const tokens = await Promise.all(clients.map(({ auth }) => auth.getAccessToken()));
    expect(new Set(tokens).size).toBe(1);
    for (const { events } of clients) expect(events).toEqual(["token-refreshed"]);
  });

  test("stay signed in without locks", async () => {
    const probe = setup();
    const tabs = [1, 2, 3, 4, 5].map(() => probe.browser.tab({ without: ["locks"] }));
    const { clock, server, clients } = await open(5, {}, tabs);
    for (const { tab } of clients) tab.show(false);
    await clock.advance(400_000);
    for (const { tab } of clients) tab.show(true);
    await clock.advance(40_000);
    expect(server.count("refresh/")).toBeLessThanOrEqual(5);
    for (const { auth } of clients) expect(auth.state.status).toBe("authenticated");
  });

  test("refresh ahead of time once", async () => {
    const { clock, server, clients } = await open(5);
    await clock.advance(260_000);
    expect(server.count("refresh/")).toBe(1);
    for (const { auth } of clients) expect(auth.state.status).toBe("authenticated");
  });
});

test("a lock whose holder hangs is waited for three seconds, and not stolen", async () => {
  const { clock, server, clients, browser } = await open(2);
  const release = browser.hold(`cartouche:${server.url}:refresh`);
  const refreshed = clients[0]?.auth.refresh({ force: true });
  await clock.advance(2_900);
  expect(server.count("refresh/")).toBe(0);
  await clock.advance(200);
  await refreshed;
  expect(server.count("refresh/")).toBe(1);
  expect(browser.held).toHaveLength(1);
  release();
  await settle();
  expect(browser.held).toEqual([]);
});

test("a tab that waits for the lock takes the token of the one that had it", async () => {
  const { server, clients, clock } = await open(2);
  const [a, b] = clients;
  const release = server.hold("refresh/");
  const first = a?.auth.refresh({ force: true });
  await settle();
  const second = b?.auth.refresh({ force: true });
  await clock.advance(500);
  release();
  await Promise.all([first, second]);
  expect(server.count("refresh/")).toBe(1);
  expect(await b?.auth.getAccessToken()).toBe(await a?.auth.getAccessToken());
});

test("without token sharing each tab gets its own, and stays signed in", async () => {
  const { server, clients } = await open(2, { crossTab: { shareToken: false } });
  const [a, b] = clients;
  await a?.auth.refresh({ force: true });
  await settle();
  expect(b?.events).toEqual([]);
  await b?.auth.refresh({ force: true });
  expect(server.count("refresh/")).toBe(2);
});

describe("a sign-out in one tab", () => {
  test("is one in all, and throws their refreshes away", async () => {
    const { server, clients } = await open(3);
    const [a, b, c] = clients;
    const release = server.hold("refresh/");
    const refreshed = b?.auth.refresh({ force: true });
    await settle();
    await a?.auth.signOut();
    await settle();
    for (const client of [a, b, c]) expect(client?.auth.state).toMatchObject({ status: "anonymous", reason: "user" });
    release();
    await refreshed;
    await settle();
    expect(b?.auth.state.status).toBe("anonymous");
    for (const { events } of clients) expect(events).toEqual(["signed-out: user"]);
    expect(server.count("logout/")).toBe(1);
  });

  test("is heard without BroadcastChannel too, and no token is stored for it", async () => {
    const probe = setup();
    const without: ["channel"] = ["channel"];
    const tabs = [probe.browser.tab({ without }), probe.browser.tab({ without })];
    const { clients } = await open(2, {}, tabs);
    await clients[0]?.auth.refresh({ force: true });
    const token = await clients[0]?.auth.getAccessToken();
    await clients[0]?.auth.signOut();
    await settle();
    expect(clients[1]?.auth.state).toMatchObject({ status: "anonymous", reason: "user" });
    await clients[0]?.auth.signIn(alice);
    await settle();
    expect(clients[1]?.auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" } });
    for (const value of probe.browser.storage.values()) expect(value).not.toContain(token);
    for (const value of probe.browser.storage.values()) expect(value).not.toMatch(/ey[A-Z]|csrf/);
  });

  test("beats a token that another tab got at the same time", async () => {
    const { clients } = await open(2);
    const [a, b] = clients;
    const refreshed = b?.auth.refresh({ force: true });
    await a?.auth.signOut();
    await refreshed;
    await settle();
    expect(a?.auth.state.status).toBe("anonymous");
    expect(b?.auth.state.status).toBe("anonymous");
  });

  test("beats a token whose news comes late", async () => {
    const { clients, server, browser } = await open(1);
    const [a] = clients;
    await a?.auth.signOut();
    const channel = new (browser.tab().BroadcastChannel as NonNullable<FakeTab["BroadcastChannel"]>)(
      `cartouche:${server.url}`,
    );
    channel.postMessage({ type: "token", subject: "s1", access: "x", life: 300_000, user: { id: 1 }, session: null });
    await settle();
    expect(a?.auth.state).toMatchObject({ status: "anonymous", reason: "user" });
    channel.close();
  });

  test("does not end a newer session", async () => {
    const { clients, server, client, browser } = await open(2);
    const [a] = clients;
    const stranger = client({ fetch: server.browser() }, browser.tab()); // its own cookies, so its own session
    await settle();
    a?.events.splice(0);
    const channel = new (browser.tab().BroadcastChannel as NonNullable<FakeTab["BroadcastChannel"]>)(
      `cartouche:${server.url}`,
    );
    channel.postMessage({ type: "out", subject: "of another session", reason: "user" });
    await settle();
    expect(a?.auth.state.status).toBe("authenticated");
    channel.close();
    stranger.auth.dispose();
  });
});

describe("a sign-in in one tab", () => {
  test.each([{ shareToken: true }, { shareToken: false }])("signs the others in: %o", async (crossTab) => {
    const { client, clock } = setup();
    const a = client({ crossTab });
    const b = client({ crossTab });
    await settle();
    await a.auth.signIn(alice);
    await clock.advance(1_000);
    expect(b.auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" } });
    expect(b.events[0]).toBe("signed-in");
    expect(await b.auth.getAccessToken()).toMatch(/^ey/);
  });

  test.each([{ shareToken: true }, { shareToken: false }])(
    "as somebody else tells the others: %o",
    async (crossTab) => {
      const { clients, server, clock } = await open(2, { crossTab });
      const [a, b] = clients;
      await a?.auth.signIn({ username: "bob", password: "b" });
      await clock.advance(1_000);
      expect(b?.auth.state).toMatchObject({ status: "authenticated", user: { username: "bob" } });
      expect(b?.events[0]).toBe("user-changed");
      expect(b?.events).not.toContain("signed-out: user");
      const answer = await b?.auth.fetch(`${server.origin}/api/x/`);
      expect(await answer?.json()).toMatchObject({ user: "bob" });
    },
  );

  test("whose message was lost is found out at the next refresh", async () => {
    const { server, clock, signedIn, client, browser } = setup();
    server.addUser({ username: "bob", password: "b" });
    const deaf = await signedIn({ crossTab: false });
    const other = client({ crossTab: false }, browser.tab());
    await settle();
    await other.auth.signIn({ username: "bob", password: "b" });
    await deaf.auth.refresh({ force: true });
    expect(deaf.auth.state).toMatchObject({ status: "authenticated", user: { username: "bob" } });
    expect(deaf.events).toEqual(["user-changed", "token-refreshed"]);
    await clock.advance(1_000);
  });
});

test("a page that comes back from the browser's history finds out what happened meanwhile", async () => {
  const { clients, server } = await open(1);
  const [a] = clients;
  server.end("logout");
  a?.tab.fire("pageshow", { persisted: true });
  await settle();
  expect(a?.auth.state).toMatchObject({ status: "anonymous", reason: "logout" });
});

test("clients of different servers do not hear each other", async () => {
  const { clients, clock, browser, server } = await open(1);
  const other = createAuth({
    baseUrl: "https://other.example.com/auth",
    clock,
    environment: browser.tab(),
    fetch: server.browser(),
  });
  const events = record(other);
  await clients[0]?.auth.signOut();
  await settle();
  expect(events).toEqual([]);
  other.dispose();
});
