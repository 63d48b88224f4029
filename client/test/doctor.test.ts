import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checks } from "../src/doctor/checks.js";
import { explain } from "../src/doctor.js";
import type { Options } from "../src/types.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const random = () => Array.from({ length: 32 }, () => Math.floor(Math.random() * 62));
const letters = (places: number[]) => places.map((p) => ALPHABET[p % 62]).join("");

interface Asked {
  method: string;
  path: string;
  origin: string | null;
  headers: Headers;
  cookie: string | undefined;
}
interface Answered {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  cookie?: string;
}
type Handler = (asked: Asked) => Answered | "no answer";

/** Cartouche, as far as a page can see it. */
function cartouche(allowed: string[], own: string): Handler {
  return ({ method, path, origin, headers, cookie }) => {
    const listed = origin !== null && allowed.includes(origin);
    const expose = "Retry-After, WWW-Authenticate, X-Request-Id, Date";
    const cors: Record<string, string> = listed
      ? {
          "Access-Control-Allow-Origin": origin,
          "Access-Control-Allow-Credentials": "true",
          "Access-Control-Expose-Headers": expose,
        }
      : {};
    const all = {
      ...cors,
      "X-Request-Id": "r1",
      Date: new Date(NOW).toUTCString(),
      "Content-Type": "application/json",
    };
    if (method === "OPTIONS")
      return { status: 204, headers: { ...cors, "Access-Control-Allow-Headers": "content-type,x-csrftoken" } };
    if (path === "/auth/csrf/") {
      const secret = cookie ? [...cookie].map((c) => ALPHABET.indexOf(c)) : random();
      const mask = random();
      const token = letters(mask) + letters(secret.map((p, i) => p + (mask[i] as number)));
      return { status: 200, body: { token }, headers: all, cookie: letters(secret) };
    }
    if (path === "/auth/login/" && method === "POST") {
      const good = (listed || origin === own) && cookie && headers.get("X-CSRFToken");
      return good
        ? { status: 400, body: { password: ["This field is required."] }, headers: all }
        : { status: 403, body: { detail: "CSRF Failed" }, headers: all };
    }
    if (path === "/.well-known/jwks.json")
      return { status: 200, body: { keys: [] }, headers: { ...all, "Access-Control-Allow-Origin": "*" } };
    return { status: 404, headers: all };
  };
}

const NOW = Date.UTC(2026, 10, 25, 12);

interface World {
  page?: string;
  baseUrl?: string;
  server?: (real: Handler) => Handler;
  allowed?: string[];
  cookies?: { sameSite?: "Strict" | "None"; secure?: boolean; blocked?: boolean };
  options?: Partial<Options>;
  now?: number;
  secureContext?: boolean;
}

/** Looks at a set-up from a page of a browser that keeps to the rules of CORS, of schemeful sites, and of Secure cookies. */
async function look(world: World = {}): Promise<string[]> {
  return (await findings(world)).map((f) => f.id);
}

async function findings(world: World) {
  const {
    page = "https://app.example.com/shop?x=1",
    baseUrl = "https://api.example.com/auth",
    now = NOW,
    secureContext = true,
  } = world;
  const app = new URL(page);
  const api = new URL(baseUrl, page);
  const handler = (world.server ?? ((real) => real))(cartouche(world.allowed ?? [app.origin], api.origin));
  const { sameSite = "Strict", secure = api.protocol === "https:", blocked = false } = world.cookies ?? {};
  let jar: string | undefined;
  const site = (url: URL) =>
    `${url.protocol}//${/^[\d.]+$/.test(url.hostname) ? url.hostname : url.hostname.split(".").slice(-2).join(".")}`;
  const goes = !blocked && (site(app) === site(api) || sameSite === "None") && (!secure || api.protocol === "https:");
  const ask = (method: string, url: URL, headers: Headers, credentials: boolean): Response => {
    const cross = url.origin !== app.origin;
    const origin = cross || method === "POST" ? app.origin : null;
    const answer = handler({
      method,
      path: url.pathname,
      origin,
      headers,
      cookie: credentials && goes ? jar : undefined,
    });
    if (answer === "no answer") throw new TypeError("Failed to fetch");
    if (answer.cookie && credentials && goes) jar = answer.cookie;
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status, headers: answer.headers ?? {} });
  };
  const readable = (response: Response, credentials: boolean) => {
    const allow = response.headers.get("Access-Control-Allow-Origin");
    if (allow !== app.origin && !(allow === "*" && !credentials)) throw new TypeError("Failed to fetch");
    if (credentials && response.headers.get("Access-Control-Allow-Credentials") !== "true")
      throw new TypeError("Failed to fetch");
  };
  const browser: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    if (app.protocol === "https:" && url.protocol === "http:" && url.hostname !== "localhost")
      throw new TypeError("Failed to fetch");
    const { method = "GET" } = init;
    const headers = new Headers(init.headers);
    const cross = url.origin !== app.origin;
    const credentials = init.credentials === "include" || !cross;
    if (cross && [...headers.keys()].length > 0) {
      const preflight = ask("OPTIONS", url, headers, false);
      readable(preflight, credentials);
      if (!preflight.ok || !preflight.headers.get("Access-Control-Allow-Headers")?.includes("x-csrftoken"))
        throw new TypeError("Failed to fetch");
    }
    const response = ask(method, url, headers, credentials);
    if (!cross) return response;
    readable(response, credentials);
    const exposed = (response.headers.get("Access-Control-Expose-Headers") ?? "").toLowerCase().split(", ");
    for (const name of [...response.headers.keys()])
      if (!["content-type", ...exposed].includes(name)) response.headers.delete(name);
    return response;
  };
  return explain(
    { baseUrl, fetch: browser, ...world.options },
    { location: { href: page }, now: () => now, secureContext },
  );
}

describe("nothing is found", () => {
  test.each<[string, World]>([
    ["on sibling hosts", {}],
    ["on one origin", { baseUrl: "https://app.example.com/auth" }],
    ["with a path for a baseUrl", { baseUrl: "/auth" }],
    ["on two ports of localhost", { page: "http://localhost:5173/", baseUrl: "http://localhost:8080/auth" }],
    ["on two ports of 127.0.0.1", { page: "http://127.0.0.1:5173/", baseUrl: "http://127.0.0.1:8080/auth" }],
    ["across sites, where the server is set for it", { page: "https://shop.test/", cookies: { sameSite: "None" } }],
    [
      "without cookies in header transport",
      { cookies: { blocked: true }, options: { transport: "header" }, server: () => withoutCookies },
    ],
  ])("%s", async (_, world) => {
    expect(await look(world)).toEqual([]);
  });
  const withoutCookies: Handler = (asked) =>
    cartouche(["https://app.example.com"], "")({ ...asked, cookie: "a".repeat(32) });
});

const html: Answered = {
  status: 200,
  headers: {
    "Content-Type": "text/html",
    "Access-Control-Allow-Origin": "https://app.example.com",
    "Access-Control-Allow-Credentials": "true",
  },
};
const change =
  (path: string, fn: (answered: Answered) => Answered | "no answer") =>
  (real: Handler): Handler =>
  (asked) => {
    const answered = real(asked);
    return answered !== "no answer" && asked.path.endsWith(path) ? fn(answered) : answered;
  };
const without =
  (name: string) =>
  (a: Answered): Answered => ({ ...a, headers: { ...a.headers, [name]: "" } });

test.each<[string, string[], World]>([
  ["a page of https calls http", ["mixed_content"], { baseUrl: "http://api.example.com/auth" }],
  ["an origin that is not allowed", ["origin_not_allowed"], { allowed: ["https://other.example.com"] }],
  [
    "a proxy that allows every origin",
    ["cors_twice"],
    { server: change("csrf/", (a) => ({ ...a, headers: { ...a.headers, "Access-Control-Allow-Origin": "*" } })) },
  ],
  ["no answer", ["unreachable"], { server: () => () => "no answer" }],
  [
    "a proxy whose own error page no script may read",
    ["unreachable"],
    { server: () => () => ({ status: 502, headers: { "Content-Type": "text/html" } }) },
  ],
  ["a proxy without a server", ["unreachable"], { server: change("csrf/", (a) => ({ ...a, status: 502, body: {} })) }],
  ["something else at the prefix", ["not_cartouche"], { server: change("csrf/", () => html) }],
  ["plain http on a network", ["plain_http"], { page: "http://app.lan/", baseUrl: "http://api.app.lan/auth" }],
  [
    "localhost and 127.0.0.1",
    ["loopback_names"],
    { page: "http://localhost:5173/", baseUrl: "http://127.0.0.1:8080/auth" },
  ],
  ["http and https", ["schemes"], { page: "http://localhost:5173/", baseUrl: "https://localhost:8444/auth" }],
  [
    "Secure cookies over http",
    ["cookie_secure_over_http"],
    { page: "http://localhost:5173/", baseUrl: "http://localhost:8080/auth", cookies: { secure: true } },
  ],
  ["another site", ["cross_site"], { page: "https://shop.test/" }],
  ["blocked cookies", ["cookies_blocked"], { cookies: { blocked: true } }],
  [
    "a proxy that answers OPTIONS",
    ["preflight"],
    { server: (real) => (asked) => (asked.method === "OPTIONS" ? html : real(asked)) },
  ],
  [
    "a proxy that keeps the Origin back",
    ["origin_refused"],
    {
      server: (real) => (asked) =>
        real(asked.path.endsWith("login/") && asked.method === "POST" ? { ...asked, headers: new Headers() } : asked),
    },
  ],
  ["a proxy that hides headers", ["cors_lost"], { server: change("csrf/", without("Access-Control-Expose-Headers")) }],
  ["a wrong clock", ["clock"], { now: NOW + 61_000 }],
  ["a page that is no secure context", ["insecure_context"], { secureContext: false }],
])("%s", async (_, ids, world) => {
  expect(await look(world)).toEqual(ids);
});

test("a redirect is found by where the answer came from", async () => {
  const at =
    (url: string, redirected = true): typeof fetch =>
    async () => {
      const answer = Response.json({ token: "a".repeat(64) }, { headers: { "X-Request-Id": "1" } });
      return Object.defineProperties(answer, { url: { value: url }, redirected: { value: redirected } });
    };
  const from = (fetch: typeof globalThis.fetch) =>
    explain(
      { baseUrl: "https://api.example.com/auth", fetch },
      { location: { href: "https://api.example.com/" }, secureContext: true },
    );
  expect(await from(at("https://login.example.com/auth/csrf/"))).toMatchObject([
    { id: "moved", text: expect.stringContaining("on to https://login.example.com:") },
  ]);
  expect(await from(at("https://api.example.com/auth/csrf"))).toMatchObject([
    { id: "redirect", text: expect.stringContaining("GET /auth/csrf/") },
  ]);
});

test("a finding is one sentence with the addresses in it", async () => {
  const [finding, ...more] = await findings({ allowed: [] });
  expect(more).toEqual([]);
  expect(finding).toEqual({
    id: "origin_not_allowed",
    advice: false,
    text: "Pages of https://app.example.com may not read the server's answers: add https://app.example.com to `allowed_origins`.",
  });
});

test("advice says that it is none of what is wrong", async () => {
  expect(await findings({ now: NOW - 3_600_000 })).toEqual([
    {
      id: "clock",
      advice: true,
      text: "The clocks of https://api.example.com and of this machine are 3600s apart, so tokens look too old or too new: let both follow a time server.",
    },
  ]);
});

test("what the command line finds too is said in the same words", () => {
  const go = readFileSync(new URL("../../cmd/cartouche/internal/doctor/checks.go", import.meta.url), "utf8");
  const theirs = new Map(
    [...go.matchAll(/id: "(\w+)"[\s\S]*?text: "(.*?)",? ?(?:advice|\n)/g)].map(([, id, text]) => [id, text]),
  );
  const shared = checks.filter(({ id }) => theirs.has(id));
  expect(shared.map(({ id }) => id)).toHaveLength(checks.length - 4); // all but loopback_names, schemes, cookies_blocked, insecure_context
  for (const { id, text } of shared) {
    expect(text.replace("give the client the right `baseUrl`", "give the doctor the server's --prefix")).toBe(
      theirs.get(id),
    );
  }
});
