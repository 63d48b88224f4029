import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { createServerClient, type ServerClientOptions, type SetCookie } from "../../src/server.js";
import { json, serve } from "./helpers.js";

const user = { id: 42, email: "alice@example.com" };
const session = { id: "s1", idle_expires_in: 600, absolute_expires_in: 6000 };
const signedIn = { authenticated: true, user, session, csrf_token: "C".repeat(64) };
const grant = {
  access: "new.access.token",
  access_expires_in: 300,
  csrf_token: "C".repeat(64),
  session: { ...session, idle_expires_in: 601 },
};
const jar = "__Host-Http-refresh=old; theme=dark";

type Answer = [status: number, body: unknown, headers?: Record<string, string | string[]>];

/** An auth server that answers each route with what the test says. */
async function setUp(
  routes: Record<string, Answer | ((response: ServerResponse) => void)>,
  options: Partial<ServerClientOptions> = {},
) {
  const calls: { route: string; headers: IncomingMessage["headers"] }[] = [];
  const url = await serve((request, response) => {
    const route = `${request.method} ${request.url}`;
    calls.push({ route, headers: request.headers });
    const answer = routes[route];
    if (typeof answer === "function") return answer(response);
    const [status, body, headers = {}] = answer ?? [404, { code: "not_found" }];
    json(response, status, body, headers as Record<string, string>);
  });
  const set: SetCookie[] = [];
  const client = createServerClient({
    baseUrl: `${url}/auth`,
    cookies: jar,
    setCookie: (c) => set.push(c),
    ...options,
  });
  return { client, calls, set, url };
}

describe("session", () => {
  test("tells who is signed in, once for a whole render", async () => {
    const { client, calls, set } = await setUp({
      "GET /auth/session/": [200, signedIn, { "Set-Cookie": "__Host-csrf=c" }],
    });
    const [a, b] = await Promise.all([client.session(), client.session()]);
    expect(a).toEqual({ status: "authenticated", user, session, reason: null, stale: false, refreshing: false });
    expect(b).toBe(a);
    expect(Object.isFrozen(a)).toBe(true);
    expect(calls.map((c) => [c.route, c.headers.cookie])).toEqual([["GET /auth/session/", jar]]);
    expect(set).toEqual([]); // a render sets no cookies
  });

  test("takes the cookies of a framework one by one", async () => {
    const cookies = [
      { name: "a", value: "1" },
      { name: "b", value: "2=3" },
    ];
    const { client, calls } = await setUp({ "GET /auth/session/": [200, signedIn] }, { cookies });
    await client.session();
    expect(calls[0]?.headers.cookie).toBe("a=1; b=2=3");
  });

  test("tells why nobody is", async () => {
    const { client } = await setUp({ "GET /auth/session/": [200, { authenticated: false, reason: "evicted" }] });
    expect(await client.session()).toMatchObject({ status: "anonymous", user: null, reason: "evicted" });
  });

  test.each<[string, Answer | ((response: ServerResponse) => void)]>([
    ["503", [503, { code: "unavailable" }]],
    ["a page of somebody else", (r) => void r.writeHead(200, { "Content-Type": "text/html" }).end("<html>")],
    ["JSON of somebody else", [200, { hello: "world" }]],
    ["a broken connection", (r) => void r.destroy()],
    ["a user without a name", [200, { authenticated: true }]],
  ])("%s is no sign-out", async (_, answer) => {
    const { client } = await setUp({ "GET /auth/session/": answer });
    expect(await client.session()).toMatchObject({ status: "unknown", stale: true });
  });

  test("no answer in time is no sign-out", async () => {
    const { client } = await setUp({ "GET /auth/session/": () => {} }, { timeoutMs: 50 });
    expect(await client.session()).toMatchObject({ status: "unknown", stale: true });
  });

  test("attack: a redirect gets no cookies", async () => {
    const stolen: unknown[] = [];
    const evil = await serve((request, response) => {
      stolen.push(request.headers.cookie);
      json(response, 200, signedIn);
    });
    const { client } = await setUp({ "GET /auth/session/": (r) => void r.writeHead(302, { Location: evil }).end() });
    expect(await client.session()).toMatchObject({ status: "unknown" });
    expect(stolen).toEqual([]);
  });

  test("attack: a cookie with a line break makes no second header", async () => {
    const { client, calls } = await setUp(
      { "GET /auth/session/": [200, signedIn] },
      { cookies: [{ name: "a", value: "1\r\nX-Admin: 1" }] },
    );
    expect(await client.session()).toMatchObject({ status: "unknown" });
    expect(calls).toEqual([]);
  });
});

describe("refresh", () => {
  const cookies = [
    "__Host-Http-refresh=new; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict",
    "__Host-csrf=c2; Path=/; Max-Age=3600; Secure; SameSite=Lax",
  ];
  const before: Answer = [200, signedIn, { "Set-Cookie": "__Host-csrf=c1; Path=/; Secure" }];

  test("exchanges the cookie as a browser would, and passes every Set-Cookie on", async () => {
    const { client, calls, set, url } = await setUp({
      "GET /auth/session/": before,
      "POST /auth/refresh/": [200, grant, { "Set-Cookie": cookies }],
    });
    const { state, accessToken } = await client.refresh();
    expect(accessToken).toBe("new.access.token");
    expect(state).toMatchObject({ status: "authenticated", user, session: { idle_expires_in: 601 } });
    expect(calls[1]?.headers).toMatchObject({
      origin: url,
      "x-csrftoken": "C".repeat(64),
      cookie: `${jar}; __Host-csrf=c1`,
    });
    expect(set.map((c) => c.header)).toEqual([cookies[1], cookies[0]]);
    expect(set[1]).toEqual({
      header: cookies[0],
      name: "__Host-Http-refresh",
      value: "new",
      path: "/",
      maxAge: 3600,
      httpOnly: true,
      secure: true,
      sameSite: "strict",
    });
    expect(await client.session()).toBe(state);
  });

  test("says where it comes from as the pages would, and which device asks", async () => {
    const options = { origin: "https://app.example.com", headers: { "User-Agent": "Firefox" } };
    const { client, calls } = await setUp(
      { "GET /auth/session/": before, "POST /auth/refresh/": [200, grant] },
      options,
    );
    await client.refresh();
    expect(calls[1]?.headers).toMatchObject({ origin: "https://app.example.com", "user-agent": "Firefox" });
  });

  test("asks for no exchange when nobody is signed in", async () => {
    const { client, calls } = await setUp({ "GET /auth/session/": [200, { authenticated: false }] });
    expect(await client.refresh()).toMatchObject({ state: { status: "anonymous" }, accessToken: null });
    expect(calls.length).toBe(1);
  });

  test("an end of the session signs out and takes the cookies back", async () => {
    const gone = "__Host-Http-refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";
    const over: Answer = [401, { code: "token_not_valid", reason: "password_changed" }, { "Set-Cookie": gone }];
    const { client, set } = await setUp({ "GET /auth/session/": [200, signedIn], "POST /auth/refresh/": over });
    expect((await client.refresh()).state).toMatchObject({ status: "anonymous", reason: "password_changed" });
    expect(set.map((c) => [c.header, c.maxAge])).toEqual([[gone, 0]]);
  });

  test("somebody who refreshed at the same moment changes nothing", async () => {
    const { client } = await setUp({
      "GET /auth/session/": [200, signedIn],
      "POST /auth/refresh/": [409, { code: "refresh_superseded" }],
    });
    expect(await client.refresh()).toMatchObject({ state: { status: "authenticated" }, accessToken: null });
  });

  test.each<[string, Answer, string]>([
    ["a refused CSRF token", [403, { code: "csrf_failed" }], "csrf"],
    ["a limit", [429, { code: "throttled" }], "rate_limited"],
    ["a 401 of a proxy", [401, {}], "bad_response"],
    ["trouble", [503, {}], "server"],
  ])("%s is an error and no sign-out", async (_, answer, code) => {
    const { client } = await setUp({ "GET /auth/session/": [200, signedIn], "POST /auth/refresh/": answer });
    await expect(client.refresh()).rejects.toMatchObject({ code });
  });

  test("is refused in a render, where the new cookie would be lost", async () => {
    const { url, calls } = await setUp({});
    await expect(createServerClient({ baseUrl: `${url}/auth`, cookies: jar }).refresh()).rejects.toMatchObject({
      code: "config",
    });
    expect(calls).toEqual([]);
  });
});
