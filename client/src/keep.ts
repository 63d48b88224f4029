import { type Core, log } from "./core.js";
import { AuthError } from "./errors.js";

/** Keeps the refresh token of header transport: in memory, and in the app's store. */
export interface Keeper {
  get(): Promise<string | null>;
  /** Resolves when the token is stored, or will be tried again: a store that fails takes no session away. */
  set(token: string): Promise<void>;
  /** Forgets the token; resolves to what it was, for telling the server. */
  clear(): Promise<string | null>;
  close(): void;
}

/** How long a store may take, and how long after a failure it is tried again. */
const STORE_MS = 3_000;

export function createKeeper(core: Core): Keeper {
  const { clock, options } = core;
  const store = options.store;
  let known: string | null = null;
  let unsaved = false;
  let era = 0;
  let retry: unknown;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other, or a slow write could come after the clearing that was to end it. */
  const inTurn = <T>(work: () => Promise<T> | T): Promise<T> => {
    const mine = last.then(
      () =>
        new Promise<T>((resolve, reject) => {
          const timer = clock.setTimeout(
            () => reject(new AuthError("config", { message: "the token store hangs" })),
            STORE_MS,
          );
          Promise.resolve()
            .then(work)
            .then(resolve, reject)
            .finally(() => clock.clearTimeout(timer));
        }),
    );
    last = mine.catch(() => {});
    return mine;
  };
  /** Writes what is known now; what was changed meanwhile has its own write. */
  const write = (work: () => Promise<void> | void): Promise<void> => {
    const mine = ++era;
    clock.clearTimeout(retry);
    const attempt = (): Promise<void> =>
      inTurn(() => (mine === era ? work() : undefined)).then(
        () => {
          if (mine === era) unsaved = false;
        },
        (error) => {
          log(core, "the token store failed; the token is in memory, and the store is tried again", error);
          if (mine === era) retry = clock.setTimeout(attempt, STORE_MS);
        },
      );
    return attempt();
  };
  return {
    async get() {
      if (unsaved || !store) return known;
      const mine = era;
      const stored = (await inTurn(() => store.get())) ?? null;
      if (mine === era) known = stored;
      return mine === era ? stored : known;
    },
    set(token) {
      if (token === known && !unsaved) return Promise.resolve();
      known = token;
      unsaved = true;
      return write(() => store?.set(token));
    },
    async clear() {
      const before = known;
      known = null;
      const stored = before ?? inTurn(() => store?.get()).catch(() => null); // asked before the clearing
      unsaved = true;
      const cleared = write(() => store?.clear());
      const token = (await stored) ?? null;
      await cleared;
      return token;
    },
    close() {
      era++;
      clock.clearTimeout(retry);
    },
  };
}
