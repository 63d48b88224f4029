import { grantOf } from "./answers.js";
import { type Core, log, renewLife } from "./core.js";
import { AuthError } from "./errors.js";
import { call } from "./http.js";
import { exchange, identify, settle, thinUser, userOf } from "./refresh.js";
import { end } from "./session.js";
import type { AuthState, Credentials, SignUp, User } from "./types.js";

/** How often the server is told again of a sign-out that it has not heard of. */
const AGAIN_MS = 30_000;

/** Statuses after which there is nothing left to sign out. */
const GONE = [400, 401, 404, 405];

type Scope = "this" | "everywhere";

/** Makes the functions that open and end sessions. `boot` looks for a session, as at the start. */
export function createSigning(core: Core, boot: () => void) {
  const { box, cookie, endpoints, clock } = core;
  let before: AuthState = box.now; // what a failed sign-in goes back to
  let pending: (() => Promise<void>) | null = null;
  let busy: Promise<void> | null = null;
  let cancel = () => {};
  let timer: unknown;

  async function signIn(credentials: Credentials): Promise<AuthState> {
    if (box.now.status === "disposed") throw new AuthError("config", { message: "disposed" });
    if (!endpoints.signIn) throw new AuthError("unsupported");
    const { token, subject, csrf } = core;
    if (box.now.status !== "authenticating") before = box.now;
    const life = renewLife(core);
    box.set("authenticating", { reason: before.reason } as object);
    try {
      await retry(); // later it would end the session that is about to begin
      const { body, sentAt } = await call(core, "signIn", { body: credentials, csrf, signal: life.signal });
      const grant = grantOf(body, sentAt);
      if (life === core.life && grant.refresh && !cookie) await core.keeper.set(grant.refresh);
      const found = await identify(core, grant).catch(() => thinUser(grant)); // the sign-in counts, whatever this says
      if (life !== core.life) throw new AuthError("discarded");
      forget();
      core.csrf = grant.csrf;
      core.shown = null;
      settle(core, "in", grant, found);
      return box.now;
    } catch (error) {
      if (life !== core.life) throw new AuthError("discarded", { cause: error });
      Object.assign(core, { token, subject, csrf });
      box.set(before.status, { ...before, refreshing: false } as object);
      if (before.status === "unknown") boot();
      core.arm();
      throw error;
    }
  }

  async function signUp(fields: SignUp): Promise<User> {
    const { password, ...rest } = fields;
    const { body } = await call(core, "signUp", { body: { ...rest, chosen: password } });
    return userOf(body);
  }

  /** Signs out here and now, and tells the server when it can be told. */
  async function signOut(scope: Scope): Promise<void> {
    if (scope === "everywhere" && !endpoints.revokeAll) throw new AuthError("unsupported");
    const { status } = box.now;
    if (status === "disposed" || (status === "anonymous" && !pending)) return;
    const { token, csrf } = core;
    if (status === "anonymous") return retry();
    const kept = end(core, "user", true);
    await tell(scope, token?.access ?? null, csrf, kept);
  }

  function tell(scope: Scope, access: string | null, csrf: string | null, kept: Promise<string | null>): Promise<void> {
    const life = new AbortController();
    core.tabs.note = scope;
    const work = async () => {
      const options = { csrf, keepalive: true, signal: life.signal };
      const refresh = await kept;
      if (scope === "everywhere") {
        const revoke = (bearer: string | null) => call(core, "revokeAll", { ...options, bearer });
        await revoke(access).catch(async (error) => {
          if (error.status !== 401) throw error;
          await revoke((await exchange(core, refresh, options)).access); // a token for this one call; nobody is signed in by it
        });
      } else if (endpoints.signOut && (cookie || refresh)) {
        await call(core, "signOut", cookie ? options : { ...options, body: { refresh } });
      }
    };
    pending = work;
    cancel = () => life.abort();
    return retry();
  }

  /** Tells the server, if there is something to tell. Never rejects: who has signed out is signed out. */
  function retry(): Promise<void> {
    clock.clearTimeout(timer);
    if (!pending) return Promise.resolve();
    busy ??= deliver(pending).finally(() => {
      busy = null;
    });
    return busy;
  }

  async function deliver(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (work !== pending) return;
      if (!GONE.includes((error as AuthError).status as number)) {
        log(core, "the server could not be told of the sign-out; it is told later", error);
        timer = clock.setTimeout(retry, AGAIN_MS);
        return;
      }
    }
    if (work === pending) forget();
  }

  /** Drops a sign-out that is not told yet: somebody has signed in, and it would end that session. */
  function forget(): void {
    cancel();
    clock.clearTimeout(timer);
    if (pending) core.tabs.note = null;
    pending = null;
  }

  /** Leaves what is not told yet to the next visit. */
  function stop(): void {
    clock.clearTimeout(timer);
    pending = null;
  }

  /** Takes up a sign-out that the last visit left. */
  const resume = (scope: Scope) => tell(scope, null, null, Promise.resolve(null));

  return { signIn, signUp, signOut, retry, forget, stop, resume };
}
