import { describe, expect, test } from "vitest";
import { createAuth, type Profile } from "../src/index.js";
import { djoser, djRestAuth, native, simplejwt } from "../src/profiles.js";
import { createFakeClock, type FakeAnswer, settle } from "../src/testing.js";
import { alice, setup } from "./setup.js";

/** A token that lives 300 s, as a Django server makes it. */
const access = (n: number) => `x.${btoa(JSON.stringify({ exp: 1_300, iat: 1_000, user_id: "7", jti: n }))}.y`;

/** A server of some dialect, by a table of answers. It notes what it is asked. */
function dialect(table: Record<string, FakeAnswer | ((body: string) => FakeAnswer)>) {
  const asked: string[] = [];
  const serve: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    const body = String(init?.body ?? "");
    const name = `${init?.method} ${pathname}`;
    asked.push(`${name} ${body}`.trim());
    const found = table[name] ?? [404, { detail: "Not found." }];
    const [status, json, headers] = typeof found === "function" ? found(body) : found;
    const type = { "Content-Type": "application/json", ...headers };
    return new Response(json === undefined ? null : JSON.stringify(json), { status, headers: type });
  };
  return { serve, asked };
}

function client(profile: Profile, baseUrl: string, table: Parameters<typeof dialect>[0]) {
  const clock = createFakeClock();
  const { serve, asked } = dialect(table);
  const auth = createAuth({ profile, baseUrl, fetch: serve, clock, environment: {} });
  return { auth, asked, clock };
}

test("djoser: keys, words and header", async () => {
  const { auth, asked, clock } = client(djoser, "https://d.example.com/auth/", {
    "POST /auth/jwt/create/": [200, { refresh: "r1", access: access(1) }],
    "GET /auth/users/me/": [200, { email: "a@b.c", id: 7, username: "alice" }],
    "POST /auth/jwt/refresh/": [200, { access: access(2), refresh: "r2" }],
    "POST /auth/users/set_password/": [204],
  });
  await auth.ready();
  await auth.signIn(alice);
  expect(auth.state).toMatchObject({ user: { id: 7, username: "alice" }, session: null });
  await clock.advance(250_000); // its life is in the token itself
  expect(asked.at(-1)).toBe('POST /auth/jwt/refresh/ {"refresh":"r1"}');
  await auth.password.change({ current: "a", next: "b" });
  expect(asked.at(-1)).toContain('{"current_password":"a","new_password":"b","re_new_password":"b"}');
  await auth.refresh({ force: true });
  expect(asked.at(-1)).toBe('POST /auth/jwt/refresh/ {"refresh":"r2"}');
  await expect(auth.sessions.list()).rejects.toMatchObject({ code: "unsupported" });
  await auth.signOut();
  expect(asked.at(-1)).toBe('POST /auth/jwt/blacklist/ {"refresh":"r2"}');
  auth.dispose();
});

test("simplejwt: the user is what the token says, and a server that does not rotate keeps its token", async () => {
  const { auth, asked } = client(simplejwt, "https://d.example.com/api", {
    "POST /api/token/": [200, { refresh: "r1", access: access(1) }],
    "POST /api/token/refresh/": [200, { access: access(2) }],
  });
  await auth.signIn(alice);
  expect(auth.state.user).toEqual({ id: "7" });
  await auth.refresh({ force: true });
  await auth.refresh({ force: true });
  expect(asked.slice(1)).toEqual(Array(2).fill('POST /api/token/refresh/ {"refresh":"r1"}'));
  await expect(auth.signUp({ username: "b", password: "c" })).rejects.toMatchObject({ code: "unsupported" });
  await expect(auth.user.get()).rejects.toMatchObject({ code: "unsupported" });
  await auth.signOut(); // no blacklist there: a 404 is no reason to go on asking
  expect(auth.state.status).toBe("anonymous");
  expect(asked).toHaveLength(4);
  auth.dispose();
});

describe("simplejwt: refusals without a code", () => {
  test.each([
    ["No active account found for the given token.", "anonymous"],
    ["The user's password has been changed.", "anonymous"],
    ["Something new.", "authenticated"],
  ])("%s", async (detail, status) => {
    const { auth } = client(simplejwt, "https://d.example.com/api", {
      "POST /api/token/": [200, { refresh: "r1", access: access(1) }],
      "POST /api/token/refresh/": [401, { detail }],
    });
    await auth.signIn(alice);
    await auth.refresh({ force: true }).catch(() => {});
    expect(auth.state.status).toBe(status);
    auth.dispose();
  });

  test("of a sign-in", async () => {
    const { auth } = client(simplejwt, "https://d.example.com/api", {
      "POST /api/token/": [401, { detail: "No active account found with the given credentials" }],
    });
    await expect(auth.signIn(alice)).rejects.toMatchObject({ code: "invalid_credentials" });
    auth.dispose();
  });
});

test("dj-rest-auth: tokens in cookies, the CSRF token from its cookie, and its own words", async () => {
  const clock = createFakeClock();
  const { serve, asked } = dialect({
    "POST /dj-rest-auth/token/refresh/": [401, { detail: "No valid refresh token found.", code: "token_not_valid" }],
    "POST /dj-rest-auth/login/": (body) =>
      body.includes("correct")
        ? [200, { access: access(1), refresh: "", user: { pk: 7, username: "alice" } }]
        : [400, { non_field_errors: ["Unable to log in with provided credentials."] }],
    "POST /dj-rest-auth/password/change/": [200, { detail: "New password has been saved." }],
    "POST /dj-rest-auth/registration/": [201, { detail: "Verification e-mail sent." }],
    "POST /dj-rest-auth/registration/verify-email/": [200, { detail: "ok" }],
    "POST /dj-rest-auth/logout/": [200, { detail: "Successfully logged out." }],
  });
  const csrf: (string | null)[] = [];
  const auth = createAuth({
    profile: djRestAuth,
    baseUrl: "/dj-rest-auth/",
    clock,
    fetch: (input, init) => {
      csrf.push(new Headers(init?.headers).get("x-csrftoken"));
      return serve(input, init);
    },
    environment: {
      location: { href: "https://app.example.com/x" },
      document: {
        visibilityState: "visible",
        cookie: "a=b; csrftoken=planted",
        addEventListener() {},
        removeEventListener() {},
      },
    },
  });
  expect(await auth.ready()).toMatchObject({ status: "anonymous" });
  await expect(auth.signIn({ ...alice, password: "x" })).rejects.toMatchObject({ code: "invalid_credentials" });
  await auth.signIn(alice);
  expect(auth.state.user).toMatchObject({ id: 7, username: "alice" });
  await auth.password.change({ current: "a", next: "b" });
  expect(asked.at(-1)).toContain('{"old_password":"a","new_password1":"b","new_password2":"b"}');
  await auth.signUp({ username: "b", password: "c" });
  expect(asked.at(-1)).toContain('{"username":"b","password1":"c","password2":"c"}');
  await auth.email.verify({ uid: "", token: "k" });
  expect(asked.at(-1)).toContain('"key":"k"');
  await auth.signOut();
  expect(asked.at(-1)).toBe("POST /dj-rest-auth/logout/");
  expect(csrf.at(-1)).toBe("planted");
  auth.dispose();
});

test("a profile of one's own is data", async () => {
  const { client: make, server } = setup();
  const { auth } = make({ profile: { ...native, name: "ours", headerPrefix: "JWT" } });
  await auth.signIn(alice);
  await auth.fetch(`${server.origin}/api/x/`);
  expect(server.calls.at(-1)?.headers.get("authorization")).toMatch(/^JWT /);
});

test("options that cannot work are refused at once", () => {
  const codes = [
    { baseUrl: "" },
    { baseUrl: "https://x.example", profile: "other" as "native" },
    { baseUrl: "https://x.example", profile: djoser, transport: "cookie" as const },
  ].map((options) => {
    try {
      createAuth(options);
      return "made";
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  expect(codes).toEqual(["config", "config", "config"]);
});

test("a listener that throws hurts nobody else", async () => {
  const { client: make } = setup();
  const log: string[] = [];
  const { auth, events } = make({ logger: ({ message }) => log.push(message) });
  auth.on("signed-in", () => {
    throw new Error("oops");
  });
  await auth.signIn(alice);
  await settle();
  expect(events).toEqual(["signed-in", "token-refreshed"]);
  expect(log).toEqual(["a listener of signed-in threw"]);
});
