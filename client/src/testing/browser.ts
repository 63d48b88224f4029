import type { ChannelLike, Environment, LocksLike } from "../environment.js";

type Listener = (event: never) => void;

/** A tab of a {@link FakeBrowser}: hand it to `createAuth` as `environment`. */
export interface FakeTab extends Environment {
  /** Fires an event at the window and at the document: "online", "focus", "pageshow", "freeze", "resume". */
  fire(type: string, event?: object): void;
  /** Shows or hides the tab. */
  show(visible: boolean): void;
  /** How many listeners, channels and locks the tab has: 0 when nothing was left behind. */
  readonly listeners: number;
}

/** A browser whose tabs share locks, channels and storage, as those of one origin do. */
export interface FakeBrowser {
  tab(options?: { visible?: boolean; without?: ("locks" | "channel" | "storage")[] }): FakeTab;
  /** What localStorage holds. */
  readonly storage: Map<string, string>;
  /** Takes a lock and keeps it, as a hung tab would, until the function that it answers is called. */
  hold(lock: string): () => void;
  /** The names of the locks that are held now. */
  readonly held: string[];
}

/** Makes a {@link FakeBrowser}. */
export function createFakeBrowser(href = "https://app.example.com/"): FakeBrowser {
  const locks = createLocks();
  const channels = new Set<FakeChannel>();
  const tabs = new Set<FakeTab>();
  const storage = new Map<string, string>();
  return {
    storage,
    hold: locks.hold,
    get held() {
      return [...locks.queues.keys()];
    },
    tab({ visible = true, without = [] } = {}) {
      const events = createEvents();
      let shown = visible;
      let own = 0;
      class Channel extends FakeChannel {
        constructor(name: string) {
          super(name, channels);
          own++;
        }
        override close() {
          super.close();
          own--;
        }
      }
      const tab: FakeTab = {
        ...events.target,
        document: {
          get visibilityState() {
            return shown ? "visible" : "hidden";
          },
          ...events.target,
        },
        navigator: without.includes("locks") ? {} : { locks },
        location: { href },
        fire: (type, event = {}) => events.fire(type, event),
        show(next) {
          shown = next;
          events.fire("visibilitychange", {});
        },
        get listeners() {
          return events.count() + own;
        },
      };
      if (!without.includes("channel")) tab.BroadcastChannel = Channel;
      if (!without.includes("storage")) {
        tab.localStorage = {
          getItem: (key) => storage.get(key) ?? null,
          setItem(key, newValue) {
            if (storage.get(key) === newValue) return;
            storage.set(key, newValue);
            for (const other of tabs) if (other !== tab) queueMicrotask(() => other.fire("storage", { key, newValue }));
          },
          removeItem: (key) => void storage.delete(key),
        };
      }
      tabs.add(tab);
      return tab;
    },
  };
}

class FakeChannel implements ChannelLike {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(
    readonly name: string,
    private readonly all: Set<FakeChannel>,
  ) {
    all.add(this);
  }
  postMessage(message: unknown) {
    const data = structuredClone(message);
    for (const other of this.all) {
      if (other !== this && other.name === this.name)
        queueMicrotask(() => this.all.has(other) && other.onmessage?.({ data }));
    }
  }
  close() {
    this.all.delete(this);
  }
}

function createEvents() {
  const listeners = new Map<string, Set<Listener>>();
  return {
    target: {
      addEventListener(type: string, fn: Listener) {
        listeners.set(type, (listeners.get(type) ?? new Set()).add(fn));
      },
      removeEventListener: (type: string, fn: Listener) => void listeners.get(type)?.delete(fn),
    },
    fire(type: string, event: object) {
      for (const fn of [...(listeners.get(type) ?? [])]) fn(event as never);
    },
    count: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
  };
}

function createLocks(): LocksLike & { hold(name: string): () => void; queues: Map<string, (() => void)[]> } {
  const queues = new Map<string, (() => void)[]>(); // a name that is there is locked; its list waits
  const release = (name: string) => {
    const next = queues.get(name)?.shift();
    if (next) next();
    else queues.delete(name);
  };
  const take = (name: string, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const queue = queues.get(name);
      if (!queue) {
        queues.set(name, []);
        return resolve();
      }
      queue.push(resolve);
      signal?.addEventListener("abort", () => {
        const place = queue.indexOf(resolve);
        if (place < 0) return;
        queue.splice(place, 1);
        reject(signal.reason);
      });
    });
  return {
    queues,
    async request(name, { signal }, fn) {
      signal?.throwIfAborted();
      await take(name, signal);
      try {
        return await fn();
      } finally {
        release(name);
      }
    },
    hold(name) {
      void take(name);
      return () => release(name);
    },
  };
}
