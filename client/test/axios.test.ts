import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import axios, { type AxiosError } from "axios";
import { describe, expect, onTestFinished, test } from "vitest";
import { withAuth } from "../src/axios.js";
import { createAuth, isAuthError, type Options } from "../src/index.js";
import { createFakeBrowser, createFakeClock, createFakeServer } from "../src/testing.js";

interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

type Reply = (response: ServerResponse, seen: Seen) => void;

const refuse: Reply = (response) =>
  response
    .writeHead(401, { "Content-Type": "application/json", "WWW-Authenticate": 'Bearer error="invalid_token"' })
    .end('{"detail":"Given token not valid for any token type","code":"token_not_valid"}');
let old: string | null = null;
const refuseOld: Reply = (response, seen) =>
  (seen.authorization === `Bearer ${old}` ? refuse : welcome)(response, seen);
const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
const welcome: Reply = (response, { method, body }) => say(200, { method, body })(response, {} as Seen);

/** An HTTP server that answers its calls one after the other as it is told, and after that with what it got. */
async function listen(...replies: Reply[]) {
  const calls: Seen[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const seen = {
      method,
      url,
      headers,
      authorization: headers.authorization,
      body: Buffer.concat(parts).toString("latin1"),
    };
    calls.push(seen);
    (replies.shift() ?? welcome)(response, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function setUp(replies: Reply[] = [], options: Partial<Options> = {}, { accessInCookie = false } = {}) {
  const clock = createFakeClock();
  const server = createFakeServer({ clock, accessInCookie });
  const api = await listen(...replies);
  const environment = createFakeBrowser().tab();
  const auth = createAuth({
    baseUrl: server.url,
    fetch: server.fetch,
    clock,
    environment,
    apiOrigins: [api.origin],
    ...options,
  });
  onTestFinished(() => auth.dispose());
  await auth.ready();
  await auth.signIn({ username: "alice", password: "correct horse" });
  const token = await auth.getAccessToken();
  const http = withAuth(axios.create({ baseURL: api.origin, proxy: false }), auth);
  return { auth, clock, server, api, http, token };
}

const failure = (promise: Promise<unknown>): Promise<AxiosError & { replayable?: false }> =>
  promise.then(
    () => Promise.reject(new Error("it succeeded")),
    (e) => e,
  );

test("a request carries the token", async () => {
  const { http, api, token } = await setUp();
  expect((await http.get("/orders/")).data).toEqual({ method: "GET", body: "" });
  expect(api.calls[0]?.authorization).toBe(`Bearer ${token}`);
});

test("the word before the token is the profile's or the option's", async () => {
  const { http, api, token } = await setUp([], { headerPrefix: "JWT" });
  await http.get("/orders/");
  expect(api.calls[0]?.authorization).toBe(`JWT ${token}`);
});

describe("attack: the token goes to nobody else", () => {
  test("by an absolute URL", async () => {
    const { http } = await setUp();
    const evil = await listen();
    await http.get(`${evil.origin}/`);
    expect(evil.calls[0]?.authorization).toBeUndefined();
  });

  test("by an URL without a scheme", async () => {
    const { auth } = await setUp();
    const evil = await listen();
    const http = withAuth(axios.create({ proxy: false, baseURL: auth.options.apiOrigins?.[0] ?? "" }), auth);
    const config = {
      adapter: async (config: { headers: unknown }) => ({
        data: config.headers,
        status: 200,
        statusText: "",
        headers: {},
        config: config as never,
      }),
    };
    const { data } = await http.get(evil.origin.replace("http:", ""), config);
    expect(data.get("Authorization")).toBeUndefined();
  });

  test("by a request interceptor that changes the baseURL after ours", async () => {
    const { auth, api } = await setUp();
    const evil = await listen();
    const instance = axios.create({ baseURL: api.origin, proxy: false });
    instance.interceptors.request.use((config) => ({ ...config, baseURL: evil.origin })); // axios runs the first one last
    withAuth(instance, auth);
    await instance.get("/orders/");
    expect(evil.calls.map((c) => c.authorization)).toEqual([undefined]);
  });

  test("by a redirect to another host", async () => {
    const evil = await listen();
    const { http } = await setUp([say(302, {}, { Location: evil.origin.replace("127.0.0.1", "localhost") })]);
    const answered = await http.get("/orders/").catch(() => null);
    expect(evil.calls.map((c) => c.authorization)).toEqual(answered ? [undefined] : []);
  });

  test("by a port that is another", async () => {
    const { http } = await setUp();
    const other = await listen();
    await http.get("/", { baseURL: other.origin });
    expect(other.calls[0]?.authorization).toBeUndefined();
  });
});

describe("after a refusal of the token", () => {
  test("the request is repeated once with a new one", async () => {
    const { http, api, server, token } = await setUp([refuse]);
    expect((await http.post("/orders/", { a: 1 })).data).toEqual({ method: "POST", body: '{"a":1}' });
    expect(server.count("refresh/")).toBe(1);
    const [first, second] = api.calls;
    expect([api.calls.length, first?.authorization]).toEqual([2, `Bearer ${token}`]);
    expect(second?.authorization).toMatch(/^Bearer ey/);
    expect(second?.authorization).not.toBe(first?.authorization);
    expect(second?.headers["content-type"]).toBe("application/json");
  });

  test("many requests share one refresh", async () => {
    const { http, server, api, token } = await setUp(Array(10).fill(refuseOld));
    old = token;
    const answers = await Promise.all([1, 2, 3, 4, 5].map((i) => http.get(`/orders/${i}`)));
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200, 200]);
    expect([server.count("refresh/"), api.calls.length]).toEqual([1, 10]);
  });

  test("a second refusal goes to the caller: no loop, no sign-out", async () => {
    const { http, api, auth } = await setUp([refuse, refuse, refuse]);
    const error = await failure(http.get("/orders/"));
    expect([error.isAxiosError, error.response?.status, api.calls.length]).toEqual([true, 401, 2]);
    expect(error.response?.data).toMatchObject({ code: "token_not_valid" });
    expect(auth.state.status).toBe("authenticated");
  });

  test("an instance that takes 401 for an answer gets the one of the repetition", async () => {
    const { http, api } = await setUp([refuse]);
    const { status } = await http.get("/orders/", { validateStatus: () => true });
    expect([status, api.calls.length]).toEqual([200, 2]);
  });

  test("interceptors of the app see one request and one answer", async () => {
    const { http } = await setUp([refuse]);
    const seen: string[] = [];
    http.interceptors.request.use((config) => {
      seen.push("request");
      return config;
    });
    http.interceptors.response.use((response) => {
      seen.push("response");
      return response.data;
    });
    expect(await http.get("/orders/")).toEqual({ method: "GET", body: "" });
    expect(seen).toEqual(["request", "response"]);
  });

  test("a form with a file is sent again, whole", async () => {
    const { http, api } = await setUp([refuse]);
    const form = new FormData();
    form.append("title", "holiday");
    form.append("file", new Blob(["x".repeat(200_000)]), "a.bin");
    await http.post("/upload/", form);
    const [first, second] = api.calls;
    expect(second?.body.length).toBe(first?.body.length);
    expect(second?.body).toContain("holiday");
    expect(second?.body).toContain("x".repeat(200_000));
    const boundary = /boundary=(.+)$/.exec(second?.headers["content-type"] ?? "")?.[1] as string;
    expect(second?.body.startsWith(`--${boundary}`)).toBe(true);
  });

  test("a stream is not sent again, and the error says so", async () => {
    const { http, api, server, token, auth } = await setUp([refuse]);
    const error = await failure(http.post("/upload/", Readable.from(["a", "b"]), { maxRedirects: 0 }));
    expect([error.response?.status, error.replayable, api.calls.length]).toEqual([401, false, 1]);
    expect(server.count("refresh/")).toBe(1); // for the app's own next attempt
    expect(await auth.getAccessToken()).not.toBe(token);
  });

  test("when the session is over, the refusal goes to the caller with the reason", async () => {
    const { http, api, server, auth } = await setUp([refuse]);
    server.end("password_changed");
    const error = await failure(http.get("/orders/"));
    expect([error.isAxiosError, error.response?.status, api.calls.length]).toEqual([true, 401, 1]);
    expect(error.cause).toMatchObject({ name: "AuthError", code: "no_session", reason: "password_changed" });
    expect(auth.state).toMatchObject({ status: "anonymous", reason: "password_changed" });
  });

  test("when the auth server is away, the refusal goes to the caller, and nobody is signed out", async () => {
    const { http, server, auth } = await setUp([refuse]);
    server.always("refresh/", "network");
    const error = await failure(http.get("/orders/"));
    expect(error.response?.status).toBe(401);
    expect(isAuthError(error.cause, "network")).toBe(true);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
  });
});

test.each<[string, Reply]>([
  ["a 401 of another scheme", say(401, { error: "no" }, { "WWW-Authenticate": "Basic" })],
  ["a 401 of a permission bug", say(401, { detail: "You may not.", code: "permission_denied" })],
  ["a 401 of a proxy's page", (r) => void r.writeHead(401, { "Content-Type": "text/html" }).end("<html>")],
  ["a 403", say(403, { detail: "You may not.", code: "permission_denied" })],
  ["a 500", say(500, {})],
])("%s is the app's own: one attempt", async (_, reply) => {
  const { http, api, server } = await setUp([reply]);
  const error = await failure(http.get("/orders/"));
  expect(error.isAxiosError).toBe(true);
  expect([api.calls.length, server.count("refresh/")]).toEqual([1, 0]);
});

test("the client's shouldRefresh decides here too, and can read the body", async () => {
  const shouldRefresh = async (response: Response) =>
    response.status === 419 && (await response.json()).error === "page_expired";
  const { http, api, server } = await setUp([say(419, { error: "page_expired" }), refuse], { shouldRefresh });
  const error = await failure(http.get("/orders/"));
  expect([error.response?.status, api.calls.length, server.count("refresh/")]).toEqual([401, 2, 1]);
});

test("an answer that is no text is judged by its challenge", async () => {
  const { http, api } = await setUp([refuse, welcome, refuse]);
  expect((await http.get("/file", { responseType: "stream" })).status).toBe(200);
  expect((await http.get("/file", { responseType: "arraybuffer" })).status).toBe(200);
  expect(api.calls.length).toBe(4);
});

test("whoever is not signed in sends no token, and a refusal starts no refresh", async () => {
  const { http, api, auth, server } = await setUp([refuse]);
  await auth.signOut();
  const error = await failure(http.get("/orders/"));
  expect([error.response?.status, api.calls[0]?.authorization, server.count("refresh/")]).toEqual([401, undefined, 0]);
});

test("a token of the caller's own is left alone", async () => {
  const { http, api } = await setUp([refuse]);
  await failure(http.get("/orders/", { headers: { Authorization: "Token other" } }));
  expect(api.calls.map((c) => c.authorization)).toEqual(["Token other"]);
});

test("without a token and without the auth server the error is axios's own, with ours as its cause", async () => {
  const { http, api, auth, server, clock } = await setUp();
  server.always("refresh/", "network");
  await clock.advance(400_000);
  expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
  const waiting = failure(http.get("/orders/"));
  await clock.advance(30_000);
  const error = await waiting;
  expect([error.isAxiosError, error.code, error.response]).toEqual([true, "ERR_NETWORK", undefined]);
  expect(error.cause).toMatchObject({ name: "AuthError", code: "network" });
  expect(api.calls).toEqual([]);
});

describe("a caller who gives up", () => {
  test("while the token is refreshed ends his own wait, and not the refresh", async () => {
    const { http, server, auth, token } = await setUp([refuse]);
    const release = server.hold("refresh/");
    const controller = new AbortController();
    const waiting = failure(http.get("/orders/", { signal: controller.signal }));
    while (server.count("refresh/") === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(axios.isCancel(await waiting)).toBe(true);
    const refreshed = new Promise((resolve) => auth.on("token-refreshed", resolve));
    release();
    await refreshed;
    expect(await auth.getAccessToken()).not.toBe(token);
  });

  test("while the API works cancels the request", async () => {
    const controller = new AbortController();
    const { http } = await setUp([() => controller.abort()]);
    expect(axios.isCancel(await failure(http.get("/orders/", { signal: controller.signal })))).toBe(true);
  });

  test("before, sends nothing", async () => {
    const { http, api } = await setUp();
    expect(axios.isCancel(await failure(http.get("/orders/", { signal: AbortSignal.abort() })))).toBe(true);
    expect(api.calls).toEqual([]);
  });
});

test("where the token lives in a cookie, unsafe requests carry the CSRF token, and a refusal is repeated", async () => {
  const { http, api, server, auth } = await setUp(
    [say(401, { code: "not_authenticated" })],
    {},
    { accessInCookie: true },
  );
  let credentials: unknown[] = [];
  http.interceptors.request.use((config) => {
    const real = axios.getAdapter("http");
    config.adapter = (final) => {
      credentials = [...credentials, final.withCredentials];
      return real(final);
    };
    return config;
  });
  expect((await http.post("/orders/", {})).status).toBe(200);
  const csrf = await auth.csrf.token();
  expect(api.calls.map((c) => [c.authorization, c.headers["x-csrftoken"]])).toEqual([
    [undefined, expect.any(String)],
    [undefined, csrf],
  ]);
  expect([server.count("refresh/"), credentials]).toEqual([1, [true, true]]);
  await http.get("/orders/");
  expect(api.calls[2]?.headers["x-csrftoken"]).toBeUndefined();
});

test("eject takes the token away, and other instances never had it", async () => {
  const { http, api } = await setUp();
  const other = axios.create({ baseURL: api.origin, proxy: false });
  await other.get("/");
  await axios.get(`${api.origin}/`, { proxy: false });
  http.eject();
  await http.get("/");
  expect(api.calls.map((c) => c.authorization)).toEqual([undefined, undefined, undefined]);
});

test("an instance that is taken twice sends once", async () => {
  const { http, auth, api, server } = await setUp([refuse, refuse]);
  withAuth(http, auth);
  await failure(http.get("/"));
  expect([api.calls.length, server.count("refresh/")]).toEqual([2, 1]);
});
