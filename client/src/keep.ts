import { type Core, log } from "./core.js";
import { within } from "./waiting.js";

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
  const { store } = options;
  let known: string | null = null;
  let unsaved = false; // memory is ahead of the store
  let stored: string | null | undefined; // undefined: nobody knows
  let retry: unknown;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(() => within(clock, STORE_MS, work));
    last = mine.catch(() => {});
    return mine;
  };
  const read = (): Promise<string | null> =>
    inTurn(async () => {
      stored = (await store?.get()) ?? null;
      return stored;
    });
  /** Writes what is known when its turn comes, so that no slow write puts a token back that was cleared. */
  const write = (): Promise<void> => {
    unsaved = true;
    clock.clearTimeout(retry);
    return inTurn(async () => {
      const value = known;
      if (value !== stored) {
        stored = undefined;
        await (value === null ? store?.clear() : store?.set(value));
        stored = value;
      }
      if (value === known) unsaved = false;
    }).catch((error) => {
      log(core, "the token store failed; it is tried again, and the token is in memory", error);
      retry = clock.setTimeout(write, STORE_MS);
    });
  };
  return {
    async get() {
      if (!store || unsaved) return known;
      const found = await read();
      if (!unsaved) known = found;
      return known;
    },
    set(token) {
      if (token === known && !unsaved) return Promise.resolve();
      known = token;
      return write();
    },
    async clear() {
      const before = known ?? read().catch(() => null);
      known = null;
      const cleared = write();
      const token = await before;
      await cleared;
      return token;
    },
    close: () => clock.clearTimeout(retry),
  };
}
