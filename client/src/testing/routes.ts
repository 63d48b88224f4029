import { type createSessions, type FakeGrant, type FakeSession, type FakeUser, sessionTimes } from "./sessions.js";

/** What a route of the fake server is asked. */
export interface FakeRequest {
  method: string;
  path: string;
  headers: Headers;
  /** The fields of a JSON or form body. */
  fields: Record<string, unknown>;
  /** The body as text. */
  body: string;
  /** The session that the Authorization header or the access cookie names. */
  session: FakeSession | null;
  jar: Jar;
}

/** An answer: the status, the JSON body, headers. */
export type FakeAnswer = readonly [status: number, body?: unknown, headers?: Record<string, string>];

export type FakeRoute = (request: FakeRequest) => FakeAnswer;

/** The cookies of one browser at the fake server. */
export interface Jar {
  refresh?: string;
  access?: string;
}

const STATUS: Record<string, number> = {
  csrf_failed: 403,
  refresh_superseded: 409,
  throttled: 429,
  permission_denied: 403,
  not_found: 404,
};
const FAMILY = ["token_missing", "token_expired", "session_ended", "token_type"]; // what Django's shape calls token_not_valid

/** A refusal by code, in the shape that the client accepts. */
export function refusal(headers: Headers, code: string, reason?: string): FakeAnswer {
  const status = STATUS[code] ?? 401;
  const fine = headers.get("accept")?.includes("application/problem+json");
  const body = {
    detail: code,
    code: fine || !FAMILY.includes(code) ? code : "token_not_valid",
    ...(reason ? { reason } : {}),
  };
  const challenge: Record<string, string> = status === 401 ? { "WWW-Authenticate": 'Bearer realm="api"' } : {};
  return [status, body, { ...challenge, "Content-Type": fine ? "application/problem+json" : "application/json" }];
}

/** The native routes, by method and path below the prefix. "{id}" is any one segment. */
export function nativeRoutes(
  sessions: ReturnType<typeof createSessions>,
  settings: { accessInCookie: boolean },
): Record<string, FakeRoute> {
  const browserGrant = (jar: Jar, { session, access, refresh, lifetime }: FakeGrant, user?: FakeUser): FakeAnswer => {
    jar.refresh = refresh;
    if (settings.accessInCookie) jar.access = access;
    const carried = settings.accessInCookie ? {} : { access };
    return [
      200,
      {
        ...carried,
        access_expires_in: lifetime,
        csrf_token: session.csrf,
        session: sessionTimes(session),
        ...(user ? { user } : {}),
      },
    ];
  };
  const csrfFails = ({ headers, jar }: FakeRequest) => {
    const session = sessions.ofRefresh(jar.refresh);
    return session !== undefined && headers.get("x-csrftoken") !== session.csrf;
  };
  const signIn = (request: FakeRequest, answer: (grant: FakeGrant) => FakeAnswer): FakeAnswer => {
    const { username, email, password } = request.fields;
    if (!password) return [400, { password: ["This field is required."] }];
    const found = sessions.find(String(username ?? email));
    if (found?.password !== password) return refusal(request.headers, "bad_credentials");
    return answer(sessions.open(found.user));
  };
  const exchange = (
    request: FakeRequest,
    token: string | undefined,
    answer: (grant: FakeGrant) => FakeAnswer,
  ): FakeAnswer => {
    if (!token) return refusal(request.headers, "token_missing");
    const grant = sessions.refresh(token);
    if (typeof grant !== "string") return answer(grant);
    const reason = sessions.ofRefresh(token)?.ended;
    if (reason) request.jar.refresh = "";
    return refusal(request.headers, grant, reason);
  };
  const mine = (route: (session: FakeSession, request: FakeRequest) => FakeAnswer): FakeRoute => {
    return (request) =>
      request.session ? route(request.session, request) : refusal(request.headers, "not_authenticated");
  };
  const proven = (route: (session: FakeSession, request: FakeRequest) => FakeAnswer): FakeRoute =>
    mine((session, request) => {
      if (sessions.find(session.user.username)?.password === request.fields.current_password)
        return route(session, request);
      return [400, { current_password: ["Invalid password."] }];
    });
  const view = (session: FakeSession, current: FakeSession) => ({
    ...sessionTimes(session),
    ...{
      current: session === current,
      label: session.label,
      method: "password",
      device: "Fake browser",
      user_agent: "",
      address: "",
      place: "",
    },
    ...{ created_at: "2026-01-01T00:00:00Z", last_active_at: "2026-01-01T00:00:00Z" },
  });
  const others = (session: FakeSession) => (other: FakeSession) => other.user === session.user && other !== session;

  return {
    "GET csrf/": ({ jar }) => [200, { token: sessions.ofRefresh(jar.refresh)?.csrf ?? "csrf-stranger" }],
    "POST login/": (request) => signIn(request, (grant) => browserGrant(request.jar, grant, grant.session.user)),
    "POST refresh/": (request) => {
      if (csrfFails(request)) return refusal(request.headers, "csrf_failed");
      return exchange(request, request.jar.refresh, (grant) => browserGrant(request.jar, grant));
    },
    "POST logout/": (request) => {
      const { jar } = request;
      const session = request.session ?? sessions.ofRefresh(jar.refresh);
      if (!request.session && csrfFails(request)) return refusal(request.headers, "csrf_failed");
      sessions.end("logout", (other) => other === session);
      jar.refresh = jar.access = "";
      return [204];
    },
    "GET session/": ({ session, jar }) => {
      const found = session ?? sessions.ofRefresh(jar.refresh);
      if (!found || found.ended) return [200, { authenticated: false, ...(found ? { reason: found.ended } : {}) }];
      const csrf = jar.refresh ? { csrf_token: found.csrf } : {};
      return [200, { authenticated: true, ...csrf, session: sessionTimes(found), user: found.user }];
    },
    "POST jwt/create/": (request) => signIn(request, ({ refresh, access }) => [200, { refresh, access }]),
    "POST jwt/refresh/": (request) => {
      if (!request.fields.refresh) return [400, { refresh: ["This field is required."] }];
      return exchange(request, String(request.fields.refresh), ({ access, refresh }) => [200, { access, refresh }]);
    },
    "POST jwt/blacklist/": ({ fields }) => {
      const session = sessions.ofRefresh(String(fields.refresh));
      sessions.end("logout", (other) => other === session);
      return [200, {}];
    },
    "POST users/": ({ fields }) => {
      if (sessions.find(String(fields.username)))
        return [400, { username: ["A user with that username already exists."] }];
      const { username, email, password } = fields as { username: string; email?: string; password: string };
      return [201, sessions.addUser({ username, password, ...(email ? { email } : {}) })];
    },
    "GET users/me/": mine(({ user }) => [200, user]),
    "PATCH users/me/": mine(({ user }, { fields }) => [200, Object.assign(user, fields)]),
    "DELETE users/me/": proven((session) => {
      sessions.end("user_deleted", ({ user }) => user === session.user);
      sessions.remove(session.user);
      return [204];
    }),
    "POST users/set_password/": proven((session, { fields }) => {
      const account = sessions.find(session.user.username);
      if (account) account.password = String(fields.new_password);
      sessions.end("password_changed", others(session));
      return [204];
    }),
    "POST users/set_email/": proven(({ user }, { fields }) => {
      user.email = String(fields.new_email);
      return [204];
    }),
    "POST users/reset_password/": () => [204],
    "POST users/reset_password_confirm/": () => [204],
    "POST users/activation/": () => [204],
    "POST users/resend_activation/": () => [204],
    "GET sessions/": mine((session) => {
      const list = [...sessions.all.values()].filter((other) => !other.ended && others(session)(other));
      return [200, [session, ...list].map((other) => view(other, session))];
    }),
    "PATCH sessions/{id}/": mine((session, { path, fields }) => {
      const found = sessions.all.get(path.split("/").at(-2) as string);
      if (found?.user !== session.user) return [404, { detail: "Not found.", code: "not_found" }];
      found.label = String(fields.label);
      return [204];
    }),
    "DELETE sessions/{id}/": mine((session, { path }) => {
      const id = path.split("/").at(-2);
      const ended = sessions.end("ended_by_user", (other) => other.id === id && other.user === session.user);
      return ended ? [204] : [404, { detail: "Not found.", code: "not_found" }];
    }),
    "POST sessions/revoke_others/": mine((session) => [200, { ended: sessions.end("ended_by_user", others(session)) }]),
    "POST sessions/revoke_all/": mine((session) => [
      200,
      { ended: sessions.end("ended_by_user", ({ user }) => user === session.user) },
    ]),
  };
}
