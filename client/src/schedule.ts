import { type Core, isShown } from "./core.js";

/** Longer waits overflow the timers of browsers, and would run out at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Refreshes ahead of time and after failures, in a page that can be seen, and when the page, the app or the network is back. */
export function schedule(core: Core, renew: () => Promise<void>, retry: () => void) {
  const { clock, env, box } = core;
  let timer: unknown;

  const isDue = () => !core.token || box.now.stale || clock.now() >= core.token.dueAt;
  const arm = (): void => {
    clock.clearTimeout(timer);
    const { status } = box.now;
    const at = core.backoff?.until ?? core.token?.dueAt ?? Infinity;
    if (!isShown(core) || at === Infinity || (status !== "authenticated" && status !== "unknown")) return;
    timer = clock.setTimeout(
      () => {
        if (clock.now() < at) arm();
        else if (isShown(core)) renew().catch(() => {}); // it arms again
      },
      Math.min(Math.max(at - clock.now(), 0), LONGEST_TIMER_MS),
    );
  };
  const wake = (): void => {
    const { status } = box.now;
    if (!isShown(core) || status === "disposed") return;
    retry();
    if (core.backoff && !core.backoff.told) {
      core.backoff = null;
      core.failures = 0;
      core.hurry();
      if (status === "unknown") renew().catch(() => {});
    }
    if (status === "authenticated" && isDue()) renew().catch(() => {});
    arm();
  };
  const freeze = () => core.cancel(); // a frozen tab would keep the lock that it holds
  const restored = ({ persisted }: { persisted?: boolean }) => {
    if (persisted && core.token) core.token.dueAt = 0; // whatever other tabs said meanwhile was not heard
    wake();
  };
  const listeners: [target: "document" | "window", type: string, fn: (event: never) => void][] = [
    ["document", "visibilitychange", wake],
    ["document", "freeze", freeze],
    ["document", "resume", wake],
    ["window", "online", wake],
    ["window", "focus", wake],
    ["window", "pageshow", restored],
  ];
  const each = (verb: "addEventListener" | "removeEventListener") => {
    for (const [target, type, fn] of listeners) (target === "document" ? env.document : env)?.[verb]?.(type, fn);
  };
  if (env.document) each("addEventListener");
  return {
    arm,
    wake,
    stop() {
      clock.clearTimeout(timer);
      if (env.document) each("removeEventListener");
    },
  };
}
