import type { Tabs } from "./crosstab.js";
import type { Environment } from "./environment.js";
import { AuthError } from "./errors.js";
import type { Keeper } from "./keep.js";
import { profileOf } from "./native-profile.js";
import { createState, type StateBox } from "./state.js";
import type { Clock, Endpoints, Options, Profile, User } from "./types.js";

/** The access token that requests carry. */
export interface Token {
  access: string | null; // null where it lives in a cookie
  expiresAt: number;
  dueAt: number; // when to refresh ahead of time
}

/** A refresh that failed for a reason that says nothing about the session, and when it may be tried again. */
export interface Backoff {
  until: number;
  error: AuthError;
  told: boolean; // the server said when
}

/** What the parts of one client share. */
export interface Core {
  readonly options: Options;
  readonly profile: Profile;
  readonly endpoints: Endpoints;
  /** Whether the refresh token travels in a cookie. */
  readonly cookie: boolean;
  readonly env: Environment;
  readonly clock: Clock;
  readonly requestMs: number;
  /** Names the channel, the lock and the entry in storage: one for each auth server. */
  readonly name: string;
  readonly box: StateBox;
  /** Grows with every sign-in and sign-out: what began before must not change what is after. Abort it and make another. */
  life: AbortController;
  /** Changes with the token, for all who waited for another one. */
  token: Token | null;
  /** Whose token it is. */
  subject: unknown;
  csrf: string | null;
  backoff: Backoff | null;
  failures: number;
  suspended: boolean;
  /** Ends a wait of the refresh early: for a lock, or until the next try. */
  hurry: () => void;
  /** Aborts the refresh call that is under way. */
  cancel: () => void;
  /** Whose state was shown last; null: nobody's. */
  shown: User | null;
  tabs: Tabs;
  keeper: Keeper;
  /** Sets the timer of the next refresh. */
  arm: () => void;
}

/** Resolves the options. Throws "config" for those that cannot work. */
export function createCore(options: Options): Core {
  const profile = profileOf(options);
  const can = profile.transports ?? [];
  const transport = options.transport ?? can[0] ?? "cookie";
  if (!options.baseUrl || !can.includes(transport))
    throw new AuthError("config", { message: "baseUrl, profile or transport" });
  const cookie = transport === "cookie";
  const clock = options.clock ?? {
    now: () => performance.now(),
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
  };
  return {
    options,
    profile,
    endpoints: cookie ? profile.endpoints : { ...profile.endpoints, ...profile.headerEndpoints },
    cookie,
    env: options.environment ?? (globalThis as Environment),
    clock,
    requestMs: options.timeouts?.requestMs ?? 10_000,
    name: tabsOf(options).channel ?? `cartouche:${options.baseUrl}`,
    box: createState(options),
    life: new AbortController(),
    token: null,
    subject: null,
    csrf: null,
    backoff: null,
    failures: 0,
    suspended: false,
    hurry() {},
    cancel() {},
    shown: null,
    arm() {},
  } as Omit<Core, "tabs" | "keeper"> as Core; // those two are made of the rest
}

/** What tabs tell each other. */
export function tabsOf({ crossTab }: Options): Exclude<Options["crossTab"], false | undefined> {
  return crossTab || {};
}

/** Begins another life: what is under way is thrown away. */
export function renewLife(core: Core): AbortController {
  core.life.abort();
  core.cancel();
  core.hurry();
  core.token = core.subject = core.csrf = core.backoff = null;
  core.failures = 0;
  core.life = new AbortController();
  return core.life;
}

export function log(core: Core, message: string, error?: unknown): void {
  core.options.logger?.({ level: "warn", message, error });
}

/** Whether the page can be seen, or the app is in front. What is no page always is. */
export function isShown(core: Core): boolean {
  return !core.suspended && core.env.document?.visibilityState !== "hidden";
}

/** Waits, at most so long; core.hurry ends it early. */
export function pause(core: Core, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      core.clock.clearTimeout(timer);
      core.hurry = () => {};
      resolve();
    };
    const timer = core.clock.setTimeout(end, ms);
    core.hurry = end;
  });
}
