import { describe, expect, test } from "vitest";
import { toResult } from "../src/index.js";
import { setup } from "./setup.js";

describe("one's account", () => {
  test("is read and changed, and the state with it", async () => {
    const { signedIn } = setup();
    const { auth } = await signedIn();
    const { user } = auth.state;
    await auth.user.get();
    expect(auth.state.user).toBe(user); // nothing changed, so nothing is drawn again
    await auth.user.update({ first_name: "Alice" });
    expect(auth.state.user).toMatchObject({ username: "alice", first_name: "Alice" });
    expect(Object.isFrozen(auth.state) && Object.isFrozen(auth.state.user)).toBe(true);
  });

  test("is deleted, which signs out", async () => {
    const { signedIn } = setup();
    const { auth, events } = await signedIn();
    await expect(auth.user.remove("wrong")).rejects.toMatchObject({ code: "validation" });
    expect(auth.state.status).toBe("authenticated");
    await auth.user.remove("correct horse");
    expect(events).toEqual(["signed-out: user_deleted"]);
  });

  test("gets another password and address", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    const wrong = await toResult(auth.password.change({ current: "wrong", next: "staple battery" }));
    expect(wrong.error?.fields).toEqual({ current_password: ["Invalid password."] });
    await auth.password.change({ current: "correct horse", next: "staple battery" });
    expect(JSON.parse(server.calls.at(-1)?.body ?? "")).toEqual({
      current_password: "correct horse",
      new_password: "staple battery",
      re_new_password: "staple battery",
    });
    await auth.email.change({ currentPassword: "staple battery", email: "a@example.com" });
    expect(await auth.user.get()).toMatchObject({ email: "a@example.com" });
  });

  test("is made, activated and rescued without a session", async () => {
    const { client, server } = setup();
    const { auth } = client();
    const user = await auth.signUp({ username: "bob", email: "bob@example.com", password: "b" });
    expect(user).toMatchObject({ username: "bob" });
    await expect(auth.signUp({ username: "bob", password: "b" })).rejects.toMatchObject({ code: "validation" });
    await auth.email.verify({ uid: "u", token: "t" });
    await auth.email.resend("bob@example.com");
    await auth.password.requestReset("bob@example.com");
    await auth.password.confirmReset({ uid: "u", token: "t", next: "n" });
    expect(JSON.parse(server.calls.at(-1)?.body ?? "")).toEqual({
      uid: "u",
      token: "t",
      new_password: "n",
      re_new_password: "n",
    });
    expect(auth.state.status).toBe("anonymous");
  });

  test("refreshes once for an operation whose token has died", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    await auth.user.get();
    expect(server.calls.map(({ path }) => path)).toEqual(["users/me/", "refresh/", "users/me/"]);
    server.always("users/me/", [401, { detail: "x", code: "token_not_valid" }]);
    await expect(auth.user.get()).rejects.toMatchObject({ status: 401 });
    expect(server.count("users/me/")).toBe(4);
    expect(auth.state.status).toBe("authenticated");
  });

  test("rejects operations when nobody is signed in", async () => {
    const { client } = setup();
    await expect(client().auth.user.get()).rejects.toMatchObject({ code: "no_session", terminal: true });
  });
});

describe("one's sessions", () => {
  test("are listed, named and ended", async () => {
    const { signedIn, client, server } = setup();
    const other = client({ fetch: server.browser(), crossTab: false });
    await other.auth.signIn({ username: "alice", password: "correct horse" });
    const { auth, events } = await signedIn();
    const [own, second] = await auth.sessions.list();
    expect([own?.current, second?.current]).toEqual([true, false]);
    await auth.sessions.rename(second?.id ?? "", "Kitchen");
    expect((await auth.sessions.list())[1]).toMatchObject({ label: "Kitchen" });
    await auth.sessions.revoke(second?.id ?? "");
    await expect(auth.sessions.revoke(second?.id ?? "")).rejects.toMatchObject({ status: 404 });
    expect(events).toEqual([]);
    await auth.sessions.revokeOthers();
    await auth.sessions.revoke(own?.id ?? "");
    expect(events).toEqual(["signed-out: ended_by_user"]);
  });
});

test("a CSRF token is fetched once, for forms of the app's own", async () => {
  const { client, server } = setup();
  const { auth } = client({ boot: "lazy" });
  expect(await auth.csrf.token()).toBe("csrf-stranger");
  expect(await auth.csrf.token()).toBe("csrf-stranger");
  expect(server.count("csrf/")).toBe(1);
});
