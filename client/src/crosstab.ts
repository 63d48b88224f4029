import { type Core, log, pause, tabsOf } from "./core.js";
import type { ChannelLike, Environment } from "./environment.js";
import type { EndReason } from "./errors.js";
import type { Session, User } from "./types.js";

/** What tabs tell each other. Without a token, where those are not shared, a sign-in says only that it happened. */
export interface Message {
  type: "in" | "token" | "out";
  /** Whose session it is about. */
  subject: unknown;
  reason?: EndReason | null;
  access?: string | null;
  /** How long the access token lives yet. */
  life?: number;
  user?: User;
  session?: Session | null;
}

/** What is stored between visits: that somebody is signed in, or a sign-out that the server has not been told. Never a token. */
export type Note = "in" | "this" | "everywhere" | null;

export interface Tabs {
  post(message: Message): void;
  /** undefined where nothing can be stored. */
  note: Note | undefined;
  close(): void;
}

/** Joins the other tabs of this origin. What is no page, such as a server that renders for many people, has none. */
export function joinTabs(core: Core, hear: (message: Message) => void): Tabs {
  const { env, name, options } = core;
  const storage = storageOf(env);
  const shares = options.crossTab !== false && (core.cookie || options.store);
  let channel: ChannelLike | undefined;
  const onStorage = ({ key, newValue }: { key: string; newValue: string }) => {
    if (key === `${name}:event` && newValue) hear(JSON.parse(newValue));
  };
  if (env.document && shares) {
    if (env.BroadcastChannel) {
      channel = new env.BroadcastChannel(name);
      channel.onmessage = ({ data }) => hear(data as Message);
    } else env.addEventListener?.("storage", onStorage);
  }
  return {
    post(message) {
      const { type, subject, reason } = message;
      const bare = { type, subject, reason };
      if (channel) channel.postMessage(tabsOf(options).shareToken === false ? bare : message);
      else if (shares && type !== "token")
        write(core, storage, `${name}:event`, JSON.stringify({ ...bare, once: Math.random() }));
    },
    get note() {
      try {
        return storage && (storage.getItem(name) as Note);
      } catch {
        return undefined;
      }
    },
    set note(note) {
      if (note !== this.note) write(core, storage, name, note ?? null);
    },
    close() {
      channel?.close();
      env.removeEventListener?.("storage", onStorage);
    },
  };
}

/** The storage of a page. Asking for it throws where it is blocked. */
function storageOf(env: Environment): Environment["localStorage"] {
  try {
    return env.document && env.localStorage;
  } catch {
    return;
  }
}

function write(core: Core, storage: Environment["localStorage"], key: string, value: string | null): void {
  try {
    if (value === null) storage?.removeItem(key);
    else storage?.setItem(key, value);
  } catch (error) {
    log(core, "storage is full or blocked", error);
  }
}

/**
 * How long a tab that had to wait for the lock, longer than WAITED_MS, listens for the token of the tab that had it: its message and the lock come by
 * different ways, on a busy machine far apart. The message ends it.
 */
const LISTEN_MS = 400;
const WAITED_MS = 25;

/**
 * Runs one tab at a time, as far as can be: who has waited long enough goes on without the lock, because its holder may be frozen. The server
 * copes with that. `done` says that there is no need any more; then the answer is null.
 */
export async function oneTab<T>(core: Core, done: () => boolean, fn: () => Promise<T>): Promise<T | null> {
  const { options, env, clock } = core;
  const locks = env.document && env.navigator?.locks;
  const asked = options.crossTab !== false && tabsOf(options).lock !== false;
  if (!locks || !asked) return fn();
  const wait = new AbortController();
  const start = clock.now();
  const timer = clock.setTimeout(() => wait.abort(), options.timeouts?.lockMs ?? 3_000);
  let held = false;
  core.hurry = () => wait.abort();
  try {
    return await locks.request(`${core.name}:refresh`, { signal: wait.signal }, async () => {
      held = true;
      clock.clearTimeout(timer);
      if (!done() && clock.now() - start > WAITED_MS) await pause(core, LISTEN_MS);
      return done() ? null : fn();
    });
  } catch (error) {
    if (held) throw error;
    return done() ? null : fn();
  } finally {
    clock.clearTimeout(timer);
  }
}
