import type { AuthEvent, AuthEvents, AuthState, Options, Session, User } from "./types.js";

type Handler = (detail: never) => void;

/** The snapshots that the app sees, and whom to tell about them. */
export interface StateBox {
  readonly now: AuthState;
  set(status: AuthState["status"], parts?: Partial<AuthState>): void;
  emit<E extends AuthEvent>(event: E, detail: AuthEvents[E]): void;
  subscribe(fn: (state: AuthState) => void): () => void;
  on<E extends AuthEvent>(event: E, fn: (detail: AuthEvents[E]) => void): () => void;
  forget(): void;
}

/** Makes a {@link StateBox}. Listeners are told in the order of events, even when one of them changes the state again. */
export function createState(options: Options): StateBox {
  const handlers = new Map<string, Set<Handler>>();
  const queue: (() => void)[] = [];
  let now = snapshot("unknown", {});
  let draining = false;

  const tell = (event: string, detail: () => unknown) => {
    queue.push(() => {
      for (const fn of [...(handlers.get(event) ?? [])]) {
        try {
          fn(detail() as never);
        } catch (error) {
          options.logger?.({ level: "warn", message: `a listener of ${event} threw`, error });
        }
      }
    });
    if (draining) return;
    draining = true;
    for (let next = queue.shift(); next; next = queue.shift()) next();
    draining = false;
  };
  const add = (event: string, fn: Handler) => {
    const own: Handler = (detail) => fn(detail); // so that a function that is added twice is called twice, and removed once
    handlers.set(event, (handlers.get(event) ?? new Set()).add(own));
    return () => void handlers.get(event)?.delete(own);
  };
  return {
    get now() {
      return now;
    },
    set(status, parts = {}) {
      const next = snapshot(status, parts, now);
      if ((Object.keys(next) as (keyof AuthState)[]).every((key) => next[key] === now[key])) return;
      now = next;
      tell("", () => now);
    },
    emit: (event, detail) => tell(event, () => detail),
    subscribe: (fn) => add("", fn as Handler),
    on: (event, fn) => add(event, fn as Handler),
    forget: () => handlers.clear(),
  };
}

function snapshot(status: AuthState["status"], parts: Partial<AuthState>, last?: AuthState): AuthState {
  const blank = { status, user: null, session: null, reason: null, stale: false, refreshing: false };
  const next = { ...blank, ...parts } as { user: User | null; session: Session | null };
  next.user = keep(last?.user, next.user);
  next.session = keep(last?.session, next.session);
  return Object.freeze(next) as AuthState;
}

/** The old object where the new one says the same, so that nothing is drawn again for it. */
function keep<T>(last: T | undefined, next: T): T {
  return JSON.stringify(last) === JSON.stringify(next) ? (last as T) : Object.freeze(next);
}
