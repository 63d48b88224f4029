import { describe, expect, test } from "vitest";
import { settle } from "../src/testing.js";
import { alice, setup } from "./setup.js";

/** A browser that alice signed in with before, in a page that is closed now. */
async function visited() {
  const all = setup();
  const { auth } = await all.signedIn();
  auth.dispose();
  await all.clock.advance(1_000);
  return all;
}

describe("a page that is opened", () => {
  test("asks once for a session, and is told without a refusal that there is none", async () => {
    const { server, client } = setup();
    const { auth, events } = client();
    expect(auth.state).toMatchObject({ status: "unknown", user: null });
    expect(await auth.ready()).toMatchObject({ status: "anonymous", reason: null });
    expect(server.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET session/"]);
    expect(events).toEqual([]);
  });

  test("takes up the session of the last visit with one refresh", async () => {
    const { server, client } = await visited();
    const { auth, events } = client();
    await Promise.all([auth.ready(), auth.getAccessToken(), auth.fetch(`${server.origin}/api/x/`)]);
    await settle();
    expect(auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" }, session: { id: "s1" } });
    expect(server.calls.map(({ path }) => path)).toEqual(["session/", "refresh/", "/api/x/"]);
    expect(events).toEqual(["signed-in", "token-refreshed"]);
  });

  test("says why the session is over, to whom it belonged", async () => {
    const { server, client } = await visited();
    server.end("password_changed");
    expect(await client().auth.ready()).toMatchObject({ status: "anonymous", reason: "password_changed" });
  });

  test("stays unknown while the network is down, and goes on when it is back", async () => {
    const { clock, server, client } = await visited();
    server.always("", "network");
    const { auth, tab } = client();
    await clock.advance(60_000);
    expect(auth.state).toMatchObject({ status: "unknown", stale: true });
    server.always("", null);
    tab.fire("online");
    expect(await auth.ready()).toMatchObject({ status: "authenticated", stale: false });
  });

  test("with a hint, asks nothing where nobody was signed in", async () => {
    const { server, client } = setup();
    const { auth } = client({ boot: "hint" });
    expect(await auth.ready()).toMatchObject({ status: "anonymous" });
    expect(server.calls).toEqual([]);
  });

  test("with a hint, asks where somebody was, and where nothing can be stored", async () => {
    const { client, browser } = await visited();
    expect(await client({ boot: "hint" }).auth.ready()).toMatchObject({ status: "authenticated" });
    const blind = client({ boot: "hint" }, browser.tab({ without: ["storage"] }));
    expect(await blind.auth.ready()).toMatchObject({ status: "authenticated" });
  });

  test("lazily asks at the first need", async () => {
    const { server, client } = await visited();
    const { auth } = client({ boot: "lazy" });
    await settle();
    expect(server.calls).toEqual([]);
    expect(await auth.getAccessToken()).toMatch(/^ey/);
  });

  test("may sign in while it still looks for a session", async () => {
    const { server, client } = setup();
    const { auth, events } = client();
    server.next("session/", "hang");
    await auth.signIn(alice);
    await settle();
    expect(auth.state.status).toBe("authenticated");
    expect(events).toEqual(["signed-in", "token-refreshed"]);
  });

  test("looks again when a sign-in failed meanwhile", async () => {
    const { client, server } = await visited();
    server.next("session/", "hang");
    const { auth } = client();
    await settle();
    await expect(auth.signIn({ ...alice, password: "wrong" })).rejects.toMatchObject({ code: "invalid_credentials" });
    expect(await auth.ready()).toMatchObject({ status: "authenticated" });
  });
});

describe("a sign-in", () => {
  test("shows what is going on, and goes back when it is refused", async () => {
    const { client } = setup();
    const { auth, events } = client();
    await auth.ready();
    const states: string[] = [];
    auth.subscribe(({ status }) => states.push(status));
    await expect(auth.signIn({ ...alice, password: "wrong" })).rejects.toMatchObject({
      code: "invalid_credentials",
      status: 401,
    });
    expect(states).toEqual(["authenticating", "anonymous"]);
    await expect(auth.signIn({ username: "alice", password: "" })).rejects.toMatchObject({
      code: "validation",
      fields: { password: ["This field is required."] },
    });
    expect(events).toEqual([]);
  });

  test("that is refused leaves the session that was there", async () => {
    const { signedIn, server } = setup();
    const { auth, events } = await signedIn();
    const token = await auth.getAccessToken();
    await expect(auth.signIn({ username: "bob", password: "x" })).rejects.toMatchObject({
      code: "invalid_credentials",
    });
    expect(auth.state).toMatchObject({ status: "authenticated", user: { username: "alice" } });
    expect(await auth.getAccessToken()).toBe(token);
    await auth.refresh({ force: true });
    expect(server.count("refresh/")).toBe(1);
    expect(events).toEqual(["token-refreshed"]);
  });

  test("that is overtaken by another is thrown away", async () => {
    const { client, server } = setup();
    server.addUser({ username: "bob", password: "b" });
    const { auth, events } = client();
    await auth.ready();
    const release = server.hold("login/");
    const first = auth.signIn(alice).catch((e) => e.code);
    await settle();
    const second = auth.signIn({ username: "bob", password: "b" });
    release();
    await second;
    expect(await first).toBe("discarded");
    expect(auth.state).toMatchObject({ user: { username: "bob" } });
    expect(events).toEqual(["signed-in", "token-refreshed"]);
  });

  test("while a refresh is under way gets no token of the old session", async () => {
    const { signedIn, server } = setup();
    server.addUser({ username: "bob", password: "b" });
    const { auth, events } = await signedIn();
    const release = server.hold("refresh/");
    const refreshed = auth.refresh({ force: true });
    await settle();
    await auth.signIn({ username: "bob", password: "b" });
    release();
    await refreshed;
    await settle();
    expect(auth.state).toMatchObject({ user: { username: "bob" } });
    const answer = await auth.fetch(`${server.origin}/api/x/`);
    expect(await answer.json()).toMatchObject({ user: "bob" });
    expect(events).toEqual(["signed-in", "token-refreshed"]);
  });

  test("is not possible with a client that is disposed", async () => {
    const { client } = setup();
    const { auth } = client();
    auth.dispose();
    await expect(auth.signIn(alice)).rejects.toMatchObject({ code: "config" });
    expect(await auth.ready()).toMatchObject({ status: "disposed" });
    expect(await auth.getAccessToken()).toBeNull();
  });
});
