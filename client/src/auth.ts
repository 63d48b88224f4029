import { createCore, renewLife } from "./core.js";
import { joinTabs } from "./crosstab.js";
import { AuthError } from "./errors.js";
import { type Access, createFetch, mayCarryToken } from "./fetch.js";
import { createGroups } from "./groups.js";
import { createKeeper } from "./keep.js";
import { createRefresher } from "./refresh.js";
import { schedule } from "./schedule.js";
import { hear } from "./session.js";
import { createSigning } from "./signing.js";
import type { Auth, AuthState, Options } from "./types.js";
import { unlessAborted } from "./waiting.js";

/** Makes a client. It touches nothing of the page but its own listeners, and asks the server only after the caller's code has run. */
export function createAuth(options: Options): Auth {
  const core = createCore(options);
  const { box, clock, env } = core;
  const renew = createRefresher(core);
  const quietly = (force?: boolean) => void renew(force).catch(() => {}); // events and the state tell
  let begun = false;

  const begin = (): void => {
    if (begun || box.now.status !== "unknown") return;
    begun = true;
    const { note } = core.tabs;
    if (note === "this" || note === "everywhere") {
      box.set("anonymous", { reason: "user" });
      void signing.resume(note);
    } else if (options.boot === "hint" && note === null) box.set("anonymous");
    else quietly();
  };
  const signing = createSigning(core, quietly);
  core.keeper = createKeeper(core);
  core.tabs = joinTabs(core, (message) => {
    if (message.type === "in") signing.forget();
    hear(core, message, quietly);
  });
  const clockwork = schedule(core, renew, () => void signing.retry());
  core.arm = clockwork.arm;

  /** The state when it is not one of these any more. */
  const after = (...passing: AuthState["status"][]): Promise<AuthState> => {
    begin();
    if (!passing.includes(box.now.status)) return Promise.resolve(box.now);
    return new Promise((resolve) => {
      const stop = box.subscribe((state) => {
        if (passing.includes(state.status)) return;
        stop();
        resolve(state);
      });
    });
  };
  const access: Access = {
    async get(minTtlMs = 5_000) {
      for (let tries = 0; ; tries++) {
        const { status } = await after("authenticating");
        if (status === "anonymous" || status === "disposed") return null;
        const { token } = core;
        const left = token ? token.expiresAt - clock.now() : 0;
        if (token && (left > minTtlMs || tries)) return token;
        if (tries > 2) throw new AuthError("discarded"); // sign-ins and sign-outs, one after the other
        try {
          await renew();
        } catch (error) {
          if (token === core.token && left > 0) return token;
          throw error;
        }
      }
    },
    async after(refused) {
      if (box.now.status !== "authenticated") return null;
      if (core.token && core.token !== refused) return core.token;
      await renew();
      return core.token;
    },
  };

  const auth: Auth = {
    options: Object.freeze({ ...options }),
    get state() {
      return box.now;
    },
    ready: () => after("unknown"),
    subscribe: box.subscribe,
    on: box.on,
    signIn: signing.signIn,
    signUp: signing.signUp,
    signOut: ({ scope = "this" } = {}) => (scope === "others" ? auth.sessions.revokeOthers() : signing.signOut(scope)),
    getAccessToken: async ({ minTtlMs, signal } = {}) =>
      (await unlessAborted(access.get(minTtlMs), signal))?.access ?? null,
    async refresh({ force = false } = {}) {
      begin();
      const { status, stale } = box.now;
      const { token } = core;
      const due = force || stale || !token || clock.now() >= token.dueAt;
      if (due && (status === "unknown" || status === "authenticated")) await renew(force);
      return box.now;
    },
    fetch: createFetch(core, access),
    mayCarryToken: (url) => mayCarryToken(core, url),
    async refreshAfter(refused) {
      const { token } = core;
      return (await access.after(token?.access === refused ? token : null))?.access ?? null;
    },
    ...createGroups(core, access),
    suspend() {
      core.suspended = true;
      core.arm();
    },
    resume() {
      core.suspended = false;
      clockwork.wake();
    },
    dispose() {
      if (box.now.status === "disposed") return;
      renewLife(core);
      core.life.abort();
      core.keeper.close();
      core.tabs.close();
      signing.stop();
      box.set("disposed");
      box.forget();
      clockwork.stop();
    },
  };
  if (options.boot !== "lazy" && (env.document || !core.cookie)) queueMicrotask(begin);
  return auth;
}
