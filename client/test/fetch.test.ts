import { describe, expect, test } from "vitest";
import { settle } from "../src/testing.js";
import { setup } from "./setup.js";

const orders = "https://api.example.com/api/orders/";

describe("fetch", () => {
  test("sends the token where it may go, and nowhere else", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    await auth.fetch(orders);
    await auth.fetch("https://elsewhere.example.org/x");
    await auth.fetch("https://api.example.com.evil.org/x");
    await auth.fetch(orders, { auth: "none" });
    await auth.fetch(orders, { headers: { Authorization: "Basic abc" } });
    const sent = server.calls.map(({ headers }) => headers.get("authorization")?.slice(0, 9) ?? null);
    expect(sent).toEqual(["Bearer ey", null, null, null, "Basic abc"]);
    expect(auth.mayCarryToken(orders)).toBe(true);
    expect(auth.mayCarryToken("http://api.example.com/")).toBe(false);
    expect(auth.mayCarryToken("//api.example.com/x")).toBe(true);
    expect(auth.mayCarryToken("/relative")).toBe(false);
    expect(auth.mayCarryToken("not a url://")).toBe(false);
  });

  test("sends the token to the origins of the options, with the word of the options", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn({ apiOrigins: ["https://other.example.com"], headerPrefix: "JWT" });
    await auth.fetch("https://other.example.com/x");
    await auth.fetch(orders);
    expect(server.calls.map(({ headers }) => headers.get("authorization")?.slice(0, 6))).toEqual(["JWT ey", undefined]);
  });

  test("repeats once, after a refresh, what was refused for its token", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const answer = await auth.fetch(orders, { method: "POST", body: "one" });
    expect(await answer.json()).toMatchObject({ body: "one" });
    expect(server.calls.map(({ path }) => path)).toEqual(["/api/orders/", "refresh/", "/api/orders/"]);
  });

  test("hands a second refusal to the caller, and signs nobody out", async () => {
    const { signedIn, server } = setup();
    const { auth, events } = await signedIn();
    server.always("/api/orders/", [401, { detail: "x", code: "token_not_valid" }]);
    const answer = await auth.fetch(orders);
    expect(answer.status).toBe(401);
    expect(server.count("/api/orders/")).toBe(2);
    expect(server.count("refresh/")).toBe(1);
    expect(auth.state.status).toBe("authenticated");
    expect(events).toEqual(["token-refreshed"]);
  });

  test("repeats without a refresh when the token has changed since", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const release = server.hold("/api/orders/");
    const slow = auth.fetch(orders);
    await settle();
    await auth.refresh({ force: true });
    release();
    expect((await slow).status).toBe(200);
    expect(server.count("refresh/")).toBe(1);
  });

  test.each([
    ["without a code", [401, { detail: "no" }]],
    ["that does not see the token", [401, { detail: "Authentication credentials were not provided." }]],
    ["without JSON", 401],
    ["of a permission", [403, { detail: "no", code: "permission_denied" }]],
  ] as const)("hands a refusal %s to the caller", async (_, fault) => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.always("/api/orders/", fault);
    expect((await auth.fetch(orders)).status).toBe(typeof fault === "number" ? fault : fault[0]);
    expect(server.count("/api/orders/")).toBe(1);
    expect(server.count("refresh/")).toBe(0);
  });

  test.each([
    ["a challenge", [401, { x: 1 }, { "WWW-Authenticate": 'Bearer realm="x", error="invalid_token"' }]],
    ["Django's code", [401, { detail: "x", code: "token_not_valid" }]],
    ["a fine code", [401, { detail: "x", code: "token_expired" }]],
  ] as const)("knows a bad token by %s", async (_, fault) => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.next("/api/orders/", fault);
    expect((await auth.fetch(orders)).status).toBe(200);
    expect(server.count("refresh/")).toBe(1);
  });

  test("asks shouldRefresh instead, where there is one", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn({ shouldRefresh: async (res) => (await res.json()).why === "old token" });
    server.next("/api/orders/", [418, { why: "old token" }]);
    expect((await auth.fetch(orders)).status).toBe(200);
    server.next("/api/orders/", [401, { detail: "x", code: "token_not_valid" }]);
    const answer = await auth.fetch(orders);
    expect([answer.status, await answer.json()]).toEqual([401, { detail: "x", code: "token_not_valid" }]);
  });

  test("rejects for the outage when the refresh fails, and not as if nobody were signed in", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    server.always("refresh/", 502);
    await expect(auth.fetch(orders)).rejects.toMatchObject({ code: "server" });
  });

  test("answers the refusal when the session turns out to be over", async () => {
    const { signedIn, server } = setup();
    const { auth, events } = await signedIn();
    server.end("ended_by_operator");
    expect((await auth.fetch(orders)).status).toBe(401);
    expect(events).toEqual(["signed-out: ended_by_operator"]);
    expect((await auth.fetch(orders)).status).toBe(401);
    expect(server.count("refresh/")).toBe(1);
    await expect(auth.fetch(orders, { auth: "required" })).rejects.toMatchObject({ code: "no_session" });
    await expect(auth.fetch("https://elsewhere.example.org", { auth: "required" })).rejects.toMatchObject({
      code: "config",
    });
  });

  test("ends only the call of a caller who gives up", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const release = server.hold("refresh/");
    const caller = new AbortController();
    const hasty = auth.fetch(orders, { signal: caller.signal });
    const patient = auth.fetch(orders);
    await settle();
    caller.abort();
    await expect(hasty).rejects.toMatchObject({ code: "aborted" });
    release();
    expect((await patient).status).toBe(200);
    expect(server.count("refresh/")).toBe(1);
  });
});

describe("a body that has to be sent twice", () => {
  const form = () => {
    const data = new FormData();
    data.set("file", new Blob(["x".repeat(5_000_000)]), "big.bin");
    return data;
  };
  test.each<[string, () => BodyInit, RegExp]>([
    ["a text", () => "hello", /^hello$/],
    ["parameters", () => new URLSearchParams({ a: "1" }), /^a=1$/],
    ["a form with a file", form, /name="file"; filename="big.bin"[\s\S]*x{5000}/],
    ["a blob", () => new Blob(["blob"]), /^blob$/],
    ["bytes", () => new TextEncoder().encode("bytes"), /^bytes$/],
  ])("arrives whole: %s", async (_, body, whole) => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const answer = await auth.fetch(orders, { method: "POST", body: body() });
    expect((await answer.json()).body).toMatch(whole);
    expect(server.count("/api/orders/")).toBe(2);
  });

  test("is cloned with its Request before it is sent", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const request = new Request(orders, { method: "PUT", body: "whole", headers: { "X-Own": "kept" } });
    expect(await (await auth.fetch(request)).json()).toMatchObject({ method: "PUT", body: "whole" });
    expect(server.calls.at(-1)?.headers.get("x-own")).toBe("kept");
    expect(server.calls.at(-1)?.headers.get("authorization")).toMatch(/^Bearer ey/);
  });

  const stream = () => new Blob(["streamed"]).stream();

  test("is not sent again when it is a stream, but the next try has a good token", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const init = { method: "POST", duplex: "half" } as RequestInit;
    await expect(auth.fetch(orders, { ...init, body: stream() })).rejects.toMatchObject({
      code: "unsupported",
      status: 401,
    });
    expect(await (await auth.fetch(orders, { ...init, body: stream() })).json()).toMatchObject({ body: "streamed" });
    expect(server.count("refresh/")).toBe(1);
  });

  test("is made again by replay", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    server.expireAccess();
    const answer = await auth.fetch(orders, {
      method: "POST",
      duplex: "half",
      body: stream(),
      replay: stream,
    } as RequestInit);
    expect(await answer.json()).toMatchObject({ body: "streamed" });
  });
});

describe("a token that lives in a cookie", () => {
  test("travels by itself, and unsafe calls bring the CSRF token", async () => {
    const { signedIn, server } = setup({ accessInCookie: true });
    const { auth } = await signedIn();
    expect(await auth.getAccessToken()).toBeNull();
    await auth.fetch(orders);
    expect((await auth.fetch(orders, { method: "POST", body: "x" })).status).toBe(200);
    const [get, post] = server.calls;
    expect(get).toMatchObject({ credentials: "include" });
    expect([get?.headers.get("x-csrftoken"), post?.headers.get("x-csrftoken")]).toEqual([null, "csrf-s1"]);
  });

  test("is refreshed and the call repeated", async () => {
    const { signedIn, server } = setup({ accessInCookie: true });
    const { auth } = await signedIn();
    server.expireAccess();
    expect((await auth.fetch(orders)).status).toBe(200);
    server.next("/api/orders/", [401, { detail: "Authentication credentials were not provided." }]);
    expect((await auth.fetch(orders)).status).toBe(200);
    expect(server.count("refresh/")).toBe(2);
  });

  test("gets a new CSRF token once", async () => {
    const { signedIn, server } = setup({ accessInCookie: true });
    const { auth } = await signedIn();
    server.rotateCSRF();
    expect((await auth.fetch(orders, { method: "POST" })).status).toBe(200);
    expect(server.calls.map(({ path }) => path)).toEqual(["/api/orders/", "csrf/", "/api/orders/"]);
    server.always("/api/orders/", [403, { detail: "CSRF Failed: x", code: "csrf_failed" }]);
    expect((await auth.fetch(orders, { method: "POST" })).status).toBe(403);
    expect(server.count("/api/orders/")).toBe(4);
  });

  test("serves the groups too", async () => {
    const { signedIn } = setup({ accessInCookie: true });
    const { auth } = await signedIn();
    expect(await auth.user.update({ first_name: "Al" })).toMatchObject({ first_name: "Al" });
  });
});

describe("for adapters", () => {
  test("refreshAfter refreshes for the token we have, and hands out the newer one otherwise", async () => {
    const { signedIn, server } = setup();
    const { auth } = await signedIn();
    const first = await auth.getAccessToken();
    const second = await auth.refreshAfter(first);
    expect(second).not.toBe(first);
    expect(await auth.refreshAfter(first)).toBe(second);
    expect(server.count("refresh/")).toBe(1);
    await auth.signOut();
    expect(await auth.refreshAfter(second)).toBeNull();
  });
});
