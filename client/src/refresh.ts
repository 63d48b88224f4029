import { claimsOf, type Grant, grantOf } from "./answers.js";
import { type Core, isShown, pause } from "./core.js";
import { oneTab } from "./crosstab.js";
import { AuthError, type EndReason } from "./errors.js";
import { type Call, call } from "./http.js";
import { adopt, end, messageOf, show } from "./session.js";
import type { Session, User } from "./types.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Makes the one refresh of a client: whoever asks while it is under way gets the same promise. It rejects when it failed and the session goes on. */
export function createRefresher(core: Core): (force?: boolean) => Promise<void> {
  let flight: { life: AbortController; promise: Promise<void> } | null = null;
  return (force = false) => {
    if (force && core.backoff && !core.backoff.told) {
      core.backoff = null;
      core.hurry();
    }
    const { life } = core;
    if (flight?.life !== life) {
      // A moment later, because the first thing that it does is to tell listeners, who may ask for it themselves.
      const promise = Promise.resolve().then(() => fly(core, life));
      const mine = { life, promise: promise.finally(() => flight === mine && land()) };
      flight = mine;
    }
    return flight.promise;
  };
  function land() {
    flight = null;
  }
}

async function fly(core: Core, life: AbortController): Promise<void> {
  const { token } = core;
  for (;;) {
    if (core.backoff) {
      const wait = core.backoff.until - core.clock.now();
      if (wait > core.requestMs) throw core.backoff.error;
      if (wait > 0) await pause(core, wait);
    }
    if (life !== core.life || token !== core.token) return; // a sign-out, or another tab's token, came first
    core.backoff = null;
    try {
      mark(core, { refreshing: true });
      return await attempt(core);
    } catch (cause) {
      if (life !== core.life) return;
      const error = cause instanceof AuthError ? cause : new AuthError("config", { cause });
      if (isVerdict(error)) return void end(core, error.reason ?? "unknown", core.shown !== null);
      if (error.code !== "aborted") throw fail(core, error);
      await pause(core, FIRST_WAIT_MS); // the page was frozen: its timers run when it is back
    }
  }
}

/** Whether a refusal says that the session is over. Nothing else signs anybody out. */
function isVerdict({ status, terminal }: AuthError): boolean {
  return terminal && (status === 401 || status === 400 || status === 403);
}

async function attempt(core: Core): Promise<void> {
  const { life, box, cookie, endpoints } = core;
  if (box.now.status === "unknown" && cookie && endpoints.session) {
    const found = await look(core, null); // strangers get no refusal from it, so nothing red in their console
    if (life !== core.life) return;
    if (!found.user) return void end(core, found.reason, false);
    if (core.token) return;
    core.subject = found.session?.id ?? null;
    show(core, found.user, found.session);
    mark(core, { refreshing: true });
  }
  const kept = cookie ? null : await core.keeper.get();
  if (life !== core.life) return;
  if (!cookie && !kept) return void end(core, core.shown ? "unknown" : null, core.shown !== null);
  const before = core.token;
  const calling = new AbortController();
  core.cancel = () => calling.abort();
  const done = () => core.token !== before || life !== core.life;
  const grant = await oneTab(core, done, async () => {
    const grant = await exchange(core, kept, { signal: calling.signal });
    if (life !== core.life) return null;
    if (grant.refresh && !cookie) await core.keeper.set(grant.refresh); // before anybody uses what came with it
    if (life !== core.life) return null;
    if (grant.csrf) core.csrf = grant.csrf;
    if (isSame(core, grant)) {
      adopt(core, grant);
      share(core, "token", core.shown as User, grant.session ?? box.now.session);
    }
    return grant;
  });
  if (!grant || life !== core.life) return;
  if (core.shown && grant.subject === core.subject)
    return show(core, grant.user ?? core.shown, grant.session ?? box.now.session);
  const found = await identify(core, grant); // the session that the browser has now is not the one that we knew
  if (life === core.life) settle(core, "token", grant, found);
}

function isSame(core: Core, grant: Grant): boolean {
  return core.shown !== null && grant.subject === core.subject;
}

/** Makes a grant and its user what the app sees, here and in the other tabs. */
export function settle(
  core: Core,
  type: "in" | "token",
  grant: Grant,
  { user, session }: { user: User; session: Session | null },
): void {
  adopt(core, grant);
  share(core, type, user, session);
  show(core, user, session);
}

function share(core: Core, type: "in" | "token", user: User, session: Session | null): void {
  core.tabs.post(messageOf(core, type, user, session));
}

/** Exchanges the refresh token: the cookie's, or the one given. */
export async function exchange(core: Core, refresh: string | null, options: Call): Promise<Grant> {
  const { body, sentAt } = await call(core, "refresh", { ...options, body: core.cookie ? undefined : { refresh } });
  return grantOf(body, sentAt);
}

/** Finds out whose token it is: from the answer, the server, or the token itself. */
export async function identify(core: Core, grant: Grant): Promise<{ user: User; session: Session | null }> {
  const { access, session } = grant;
  if (grant.user) return { user: userOf(grant.user), session };
  if (core.endpoints.session) {
    const found = await look(core, access);
    if (found.user) return { user: found.user, session: found.session };
  } else if (core.endpoints.me) {
    const { body } = await call(core, "me", { bearer: access, signal: core.life.signal });
    return { user: userOf(body), session };
  }
  return thinUser(grant);
}

/** What a token itself says of its user. */
export function thinUser({ access, session }: Grant): { user: User; session: Session | null } {
  const { user_id, sub } = claimsOf(access);
  return { user: userOf({ id: user_id ?? sub }), session };
}

/** A user as an answer tells it: some dialects call the id otherwise. */
export function userOf(fields: object | null): User {
  const { id, pk } = (fields ?? {}) as Record<string, string | number>;
  return { ...fields, id: id ?? pk ?? "" };
}

async function look(
  core: Core,
  bearer: string | null,
): Promise<{ user: User | null; session: Session | null; reason: EndReason | null }> {
  const { life } = core;
  const { body } = await call(core, "session", { bearer, signal: life.signal });
  if (typeof body?.authenticated !== "boolean") throw new AuthError("bad_response");
  if (life === core.life && body.csrf_token) core.csrf = body.csrf_token as string;
  const user = body.authenticated ? userOf(body.user as object) : null;
  return { user, session: (body.session as Session) ?? null, reason: (body.reason as EndReason) ?? null };
}

/** Notes a failure that says nothing about the session, and when to try again. */
function fail(core: Core, error: AuthError): AuthError {
  const { clock, box, token } = core;
  const cap = Math.min(FIRST_WAIT_MS * 2 ** core.failures++, LONGEST_WAIT_MS);
  const told = error.retryAfterMs !== undefined;
  // Spread over tabs and devices, but never so short that an outage is met with a hail of calls.
  const wait = error.retryAfterMs ?? cap * (0.25 + 0.75 * Math.random());
  core.backoff = { until: clock.now() + wait, error, told };
  const dead = !token || token.expiresAt <= clock.now();
  const quiet =
    error.code === "rate_limited" ||
    error.code === "conflict" ||
    (error.code === "bad_response" && !(dead && core.failures > 2));
  mark(core, quiet ? { refreshing: false } : { refreshing: false, stale: true });
  core.arm();
  box.emit("refresh-failed", { error, retryInMs: isShown(core) ? wait : null });
  return error;
}

/** Changes flags of the state, where it has them. */
function mark(core: Core, flags: { refreshing?: boolean; stale?: boolean }): void {
  const { now, set } = core.box;
  if (now.status === "unknown" || now.status === "authenticated") set(now.status, { ...now, ...flags } as object);
}
