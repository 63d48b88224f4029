import type { Clock } from "../types.js";
import { type FakeAnswer, type FakeRequest, type FakeRoute, type Jar, nativeRoutes, refusal } from "./routes.js";
import { createSessions, type FakeSession, type FakeUser } from "./sessions.js";

/**
 * What happens to a call instead of its answer. "network": it never arrives. "lost": the server does its work, and the answer is lost.
 * "hang": no answer, ever. "html": a page of somebody in between. A number: that status, with no JSON. Otherwise an answer.
 */
export type Fault = "network" | "lost" | "hang" | "html" | number | FakeAnswer;

/** One call that reached the fake server, or tried to. */
export interface FakeCall {
  method: string;
  path: string;
  headers: Headers;
  body: string;
  credentials: string;
  keepalive: boolean;
}

export interface FakeServerOptions {
  /** The clock that tokens die by: the one of the client under test. */
  clock: Clock;
  /** Where the auth endpoints are. Default "https://api.example.com/auth". */
  url?: string;
  /** Seconds. Default 300. */
  accessLifetime?: number;
  /** Hand access tokens out in a cookie instead of the body. */
  accessInCookie?: boolean;
}

/** A server in memory that speaks the native dialect. Every path that is not below its url is an API: it needs a token, and answers what it was asked. */
export interface FakeServer {
  readonly url: string;
  readonly origin: string;
  /** The fetch of a browser with its own cookies. */
  readonly fetch: typeof fetch;
  /** The fetch of one more browser. */
  browser(): typeof fetch;
  readonly calls: FakeCall[];
  /** How many calls there were to a path, such as "refresh/" or "/api/orders/". */
  count(path: string): number;
  /** What the next calls to a path meet, one after the other. */
  next(path: string, ...faults: Fault[]): void;
  /** What every call to a path meets from now on; null: its answer again. "" is every path. */
  always(path: string, fault: Fault | null): void;
  /** Keeps the answers of a path back until the function that it answers is called. The work is done at once. */
  hold(path: string): () => void;
  /** Adds or replaces a route, such as "POST token/" below the url, or "GET /api/orders/". */
  route(name: string, route: FakeRoute): void;
  addUser(fields: { username: string; password: string; email?: string }): FakeUser;
  readonly sessions: ReadonlyMap<string, FakeSession>;
  /** Ends sessions, all by default, as an operator would; answers how many. */
  end(reason: string, which?: (session: FakeSession) => boolean): number;
  /** Makes the server refuse every access token it has handed out. */
  expireAccess(): void;
  /** Gives every session another CSRF token. */
  rotateCSRF(): void;
}

/** Makes a {@link FakeServer} with the user "alice", password "correct horse". */
export function createFakeServer(options: FakeServerOptions): FakeServer {
  const { clock, url = "https://api.example.com/auth", accessLifetime = 300, accessInCookie = false } = options;
  const base = new URL(url.endsWith("/") ? url : `${url}/`);
  const sessions = createSessions(clock, { accessLifetime });
  const routes = nativeRoutes(sessions, { accessInCookie });
  const faults = createFaults();
  const calls: FakeCall[] = [];
  sessions.addUser({ username: "alice", password: "correct horse" });

  const pathOf = (target: string) => {
    const { origin, pathname } = new URL(target, base);
    return origin === base.origin && pathname.startsWith(base.pathname)
      ? pathname.slice(base.pathname.length)
      : pathname;
  };
  const answer = async (request: Request, call: FakeCall, jar: Jar): Promise<Response> => {
    const fault = faults.of(call.path);
    if (fault === "network") throw new TypeError("Failed to fetch");
    if (fault === "hang") return new Promise(() => {});
    if (fault !== undefined && fault !== "lost") return faultResponse(fault);
    const outcome = serve(call, jar);
    await faults.held(call.path);
    if (fault === "lost") throw new TypeError("Failed to fetch");
    return request.signal.aborted ? Promise.reject(request.signal.reason) : jsonResponse(outcome);
  };
  const serve = (call: FakeCall, jar: Jar): FakeAnswer => {
    const { method, path, headers, body } = call;
    const cookies = call.credentials === "include" ? jar : {};
    const token = headers.get("authorization")?.split(" ")[1] ?? cookies.access;
    const found = token ? sessions.ofAccess(token) : null;
    const asked: FakeRequest = {
      method,
      path,
      headers,
      body,
      fields: fieldsOf(headers, body),
      session: typeof found === "string" ? null : found,
      jar: cookies,
    };
    const route =
      routes[`${method} ${path}`] ?? routes[`${method} ${path.replace(/^sessions\/[^/]+\/$/, "sessions/{id}/")}`];
    const open = /^(csrf|login|logout|refresh|session|jwt\/\w+)\/$/.test(path);
    if (!open && typeof found === "string") return refusal(headers, found);
    if (route) return route(asked);
    if (!path.startsWith("/")) return [404, { detail: "Not found.", code: "not_found" }];
    if (!asked.session) return refusal(headers, "not_authenticated");
    const { csrf, user } = asked.session;
    if (!headers.has("authorization") && method !== "GET" && headers.get("x-csrftoken") !== csrf)
      return refusal(headers, "csrf_failed");
    return [200, { method, path, user: user.username, body }];
  };
  const browser = (): typeof fetch => {
    const jar: Jar = {};
    return async (input, init) => {
      const relative = typeof input === "string" || input instanceof URL;
      const request = new Request(relative ? new URL(input, base) : input, {
        ...init,
        ...(init?.body ? { duplex: "half" } : {}),
      } as RequestInit);
      request.signal.throwIfAborted();
      const { method, headers, credentials, keepalive } = request;
      const call = { method, path: pathOf(request.url), headers, body: await request.text(), credentials, keepalive };
      calls.push(call);
      const aborted = new Promise<never>((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason)),
      );
      return Promise.race([answer(request, call, jar), aborted]);
    };
  };

  return {
    url,
    origin: base.origin,
    fetch: browser(),
    browser,
    calls,
    count: (path) => calls.filter((call) => call.path === path).length,
    ...faults.controls,
    route(name, route) {
      routes[name] = route;
    },
    addUser: sessions.addUser,
    sessions: sessions.all,
    end: sessions.end,
    expireAccess: sessions.expireAccess,
    rotateCSRF() {
      for (const session of sessions.all.values()) session.csrf += "'";
    },
  };
}

function createFaults() {
  const once = new Map<string, Fault[]>();
  const lasting = new Map<string, Fault>();
  const holds = new Map<string, Promise<void>>();
  const controls: Pick<FakeServer, "next" | "always" | "hold"> = {
    next: (path, ...faults) => void once.set(path, [...(once.get(path) ?? []), ...faults]),
    always: (path, fault) => void (fault === null ? lasting.delete(path) : lasting.set(path, fault)),
    hold(path) {
      let release = () => {};
      holds.set(path, new Promise((resolve) => (release = resolve)));
      return () => {
        holds.delete(path);
        release();
      };
    },
  };
  return {
    controls,
    of: (path: string) => once.get(path)?.shift() ?? lasting.get(path) ?? lasting.get(""),
    held: (path: string) => holds.get(path),
  };
}

function faultResponse(fault: Exclude<Fault, string> | "html"): Response {
  if (fault === "html")
    return new Response("<html>Welcome to the station</html>", { headers: { "Content-Type": "text/html" } });
  return typeof fault === "number" ? new Response("<html></html>", { status: fault }) : jsonResponse(fault);
}

function jsonResponse([status, body, headers]: FakeAnswer): Response {
  const all = { "Content-Type": "application/json", "X-Request-Id": "fake", ...headers };
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: all });
}

function fieldsOf(headers: Headers, body: string): Record<string, unknown> {
  if (!headers.get("content-type")?.includes("json")) return {};
  return JSON.parse(body || "{}");
}
