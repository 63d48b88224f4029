import { describe, expect, test } from "vitest";
import { djoser } from "../src/profiles.js";
import { settle } from "../src/testing.js";
import { alice, setup } from "./setup.js";

describe("a sign-out", () => {
  test("is at once, whatever the network does", async () => {
    const { signedIn, server, clock } = setup();
    const { auth, events } = await signedIn();
    server.always("", "hang");
    const told = auth.signOut();
    expect(auth.state).toMatchObject({ status: "anonymous", reason: "user" });
    expect(await auth.getAccessToken()).toBeNull();
    await clock.advance(10_000);
    await told;
    expect(events).toEqual(["signed-out: user"]);
  });

  test("survives the closing of the page, and says what session it ends", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    await auth.signOut();
    expect(server.calls).toMatchObject([{ path: "logout/", keepalive: true, credentials: "include" }]);
    expect(server.sessions.get("s1")?.ended).toBe("logout");
  });

  test("does the same a second time", async () => {
    const { signedIn, server } = setup();
    const { auth, events } = await signedIn();
    await Promise.all([auth.signOut(), auth.signOut()]);
    await auth.signOut();
    expect(events).toEqual(["signed-out: user"]);
    expect(server.count("logout/")).toBe(1);
  });

  test("while offline is told when the network is back", async () => {
    const { signedIn, server } = setup();
    const { auth, tab } = await signedIn();
    server.always("", "network");
    await auth.signOut();
    expect(server.sessions.get("s1")?.ended).toBe("");
    server.always("", null);
    tab.fire("online");
    await settle();
    expect(server.sessions.get("s1")?.ended).toBe("logout");
    expect(auth.state.status).toBe("anonymous");
  });

  test("while offline is told by the next visit, which nobody is signed in by", async () => {
    const { signedIn, server, client, browser } = setup();
    const { auth } = await signedIn();
    server.always("", "network");
    await auth.signOut();
    auth.dispose();
    expect([...browser.storage.values()]).toEqual(["this"]); // a word, and no token
    server.always("", null);
    const next = client();
    expect(await next.auth.ready()).toMatchObject({ status: "anonymous", reason: "user" });
    await settle();
    expect(server.sessions.get("s1")?.ended).toBe("logout");
    expect([...browser.storage.values()]).toEqual([]);
    expect(next.events).toEqual([]);
  });

  test("that was not told yet never ends the session of a later sign-in", async () => {
    const { signedIn, server, clock } = setup();
    const { auth, tab } = await signedIn();
    server.always("logout/", "network");
    await auth.signOut();
    await auth.signIn(alice);
    server.always("logout/", null);
    tab.fire("online");
    await clock.advance(60_000);
    expect(auth.state.status).toBe("authenticated");
    expect([...server.sessions.values()].at(-1)?.ended).toBe("");
    await auth.refresh({ force: true });
    expect(auth.state.status).toBe("authenticated");
  });

  test("throws the answer of a refresh away that was under way", async () => {
    const { signedIn, server } = setup();
    const { auth, events } = await signedIn();
    const release = server.hold("refresh/");
    const refreshed = auth.refresh({ force: true });
    await settle();
    await auth.signOut();
    release();
    await refreshed;
    await settle();
    expect(auth.state).toMatchObject({ status: "anonymous", reason: "user" });
    expect(events).toEqual(["signed-out: user"]);
  });

  test("throws the answer of a sign-in away that was under way", async () => {
    const { client, server } = setup();
    const { auth, events } = client();
    await auth.ready();
    const release = server.hold("login/");
    const signing = auth.signIn(alice).catch((e) => e.code);
    await settle();
    await auth.signOut();
    release();
    expect(await signing).toBe("discarded");
    expect(auth.state.status).toBe("anonymous");
    expect(events).toEqual([]);
  });

  test("of the other devices leaves this one", async () => {
    const { signedIn, client, server } = setup();
    const other = client({ fetch: server.browser(), crossTab: false });
    await other.auth.signIn(alice);
    const { auth, events } = await signedIn({ crossTab: false });
    await auth.signOut({ scope: "others" });
    expect(auth.state.status).toBe("authenticated");
    await other.auth.refresh({ force: true });
    expect(other.auth.state).toMatchObject({ status: "anonymous", reason: "ended_by_user" });
    expect(events).toEqual([]);
  });

  test.each([0, 400_000])("everywhere ends all sessions, with a token that is %i ms old", async (age) => {
    const { signedIn, client, server, clock } = setup();
    const other = client({ fetch: server.browser(), crossTab: false });
    await other.auth.signIn(alice);
    const { auth, tab } = await signedIn({ crossTab: false });
    tab.show(false);
    await clock.advance(age);
    await auth.signOut({ scope: "everywhere" });
    expect([...server.sessions.values()].map(({ ended }) => ended)).toEqual(["ended_by_user", "ended_by_user"]);
    expect(auth.state).toMatchObject({ status: "anonymous", reason: "user" });
  });

  test("everywhere, in a dialect that cannot, rejects and changes nothing", async () => {
    const { signedIn } = setup();
    const { auth } = await signedIn({ profile: djoser });
    await expect(auth.signOut({ scope: "everywhere" })).rejects.toMatchObject({ code: "unsupported" });
    expect(auth.state.status).toBe("authenticated");
  });
});
