import type { Grant } from "./answers.js";
import { type Core, renewLife, type Token } from "./core.js";
import type { Message } from "./crosstab.js";
import type { EndReason } from "./errors.js";
import type { Session, User } from "./types.js";

/** Makes a granted token the one that requests carry. It tells nobody, so it may run under the lock. */
export function adopt(core: Core, grant: Pick<Grant, "access" | "life" | "sentAt" | "subject">): void {
  const { access, life, sentAt, subject } = grant;
  core.token = tokenOf(core, access, life, sentAt);
  core.subject = subject;
  core.backoff = null;
  core.failures = 0;
}

function tokenOf(core: Core, access: string | null, life: number, from: number): Token {
  const { lead: [ratio, least, most] = [0.8, 10_000, 60_000], jitter = 0.1 } = core.options.refresh ?? {};
  // A token that lives shorter than the least lead would be due at once, for ever.
  const lead = Math.min(Math.max(life * (1 - ratio), least), most, life / 2);
  const expiresAt = from + life;
  return { access, expiresAt, dueAt: expiresAt - lead * (1 + jitter * Math.random()) };
}

/** Shows who is signed in, and tells of what changed. Never under the lock. */
export function show(core: Core, user: User, session: Session | null): void {
  const before = core.shown;
  core.shown = user;
  core.tabs.note = "in";
  core.box.set("authenticated", { user, session });
  core.arm();
  if (!before) core.box.emit("signed-in", { user });
  else if (before.id !== user.id) core.box.emit("user-changed", { user });
  if (core.token) core.box.emit("token-refreshed", { accessToken: core.token.access });
}

/** What other tabs are told of the token that we have. */
export function messageOf(core: Core, type: "in" | "token", user: User, session: Session | null): Message {
  const { access, expiresAt } = core.token as Token;
  return { type, subject: core.subject, access, life: expiresAt - core.clock.now(), user, session };
}

/** Ends the session here, and in the other tabs unless it was they who said so. Answers the refresh token that was kept, for telling the server. */
export function end(core: Core, reason: EndReason | null, tell: boolean): Promise<string | null> {
  const { shown, subject } = core;
  core.shown = null;
  renewLife(core);
  const kept = core.cookie ? Promise.resolve(null) : core.keeper.clear();
  core.tabs.note = null;
  if (tell) core.tabs.post({ type: "out", subject, reason });
  core.box.set("anonymous", { reason });
  core.arm();
  if (shown) core.box.emit("signed-out", { reason: reason ?? "unknown" });
  return kept;
}

/** Does what another tab says happened. A token after a sign-out is late news; only a new sign-in counts then. */
export function hear(core: Core, message: Message, boot: () => void): void {
  const { type, subject, access, life = 0, user, session = null } = message;
  const { status } = core.box.now;
  if (status === "disposed" || status === "authenticating" || (status === "anonymous" && type !== "in")) return;
  if (type === "out") {
    if (subject && core.subject && subject !== core.subject) return; // of a session that is over here anyway
    void end(core, message.reason ?? null, false);
    return;
  }
  const shared = user && access !== undefined;
  if (type === "token" && !shared) return;
  if (type === "in" || subject !== core.subject) renewLife(core);
  if (!shared) {
    core.box.set("unknown");
    boot();
    return;
  }
  adopt(core, { access, life, sentAt: core.clock.now(), subject });
  show(core, user, session);
  core.hurry();
}
