import { describe, expect, onTestFinished, test } from "vitest";
import { createAuth } from "../src/index.js";
import {
  bindAppState,
  bindNetInfo,
  type NetInfoStateLike,
  type SecureStoreAdapter,
  secureStore,
} from "../src/native.js";
import { createFakeClock, createFakeServer, settle } from "../src/testing.js";

/** A key-chain as expo-secure-store documents it: names of letters, digits, ".", "-" and "_", values of less than 2048 bytes, everything asynchronous. */
function keyChain() {
  const entries = new Map<string, string>();
  let failAt = Number.POSITIVE_INFINITY;
  let writes = 0;
  const write = async (key: string, fn: () => void) => {
    await Promise.resolve();
    if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key provided to SecureStore: ${key}`);
    if (++writes >= failAt) throw new Error("the key-chain is locked");
    fn();
  };
  const adapter: SecureStoreAdapter = {
    getItemAsync: async (key) => entries.get(key) ?? null,
    setItemAsync: (key, value) =>
      write(key, () => {
        if (Buffer.byteLength(value) >= 2048)
          throw new Error("Value being stored in SecureStore is larger than 2048 bytes");
        entries.set(key, value);
      }),
    deleteItemAsync: (key) => write(key, () => entries.delete(key)),
  };
  return {
    adapter,
    entries,
    /** The n-th write from now, and all after it, fail: what a crash looks like. */
    crashAt(n: number) {
      writes = 0;
      failAt = n;
    },
    restart() {
      failAt = Number.POSITIVE_INFINITY;
    },
  };
}

const long = (letter: string, length = 5000) => letter.repeat(length);

describe("secureStore", () => {
  test.each([1, 1799, 1800, 1801, 3600, 5000])(
    "keeps a token of %i characters, over a restart of the app",
    async (length) => {
      const { adapter } = keyChain();
      await secureStore(adapter).set(long("a", length));
      expect(await secureStore(adapter).get()).toBe(long("a", length));
    },
  );

  test("is empty at first, and after clear, without a trace", async () => {
    const { adapter, entries } = keyChain();
    const store = secureStore(adapter);
    expect(await store.get()).toBeNull();
    await store.set(long("a"));
    await store.set(long("b", 100));
    await store.clear();
    expect([await store.get(), entries.size]).toEqual([null, 0]);
  });

  test("leaves nothing of an old token beside a new one", async () => {
    const { adapter, entries } = keyChain();
    const store = secureStore(adapter);
    await store.set(long("a"));
    await store.set(long("b", 100));
    expect([...entries.values()].some((value) => value.includes("aa"))).toBe(false);
    await store.set(long("c"));
    expect([...entries.values()].some((value) => value.includes("bb"))).toBe(false);
  });

  test.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    "a crash at write %i leaves a whole token, the old one or the new",
    async (n) => {
      const chain = keyChain();
      await secureStore(chain.adapter).set(long("a"));
      chain.crashAt(n);
      const failed = await Promise.resolve(secureStore(chain.adapter).set(long("b"))).then(
        () => false,
        () => true,
      );
      chain.restart();
      const store = secureStore(chain.adapter);
      expect(await store.get()).toBe(failed ? long("a") : long("b"));
      await store.set(long("c", 7000));
      expect(await store.get()).toBe(long("c", 7000));
      await store.clear();
      expect(chain.entries.size).toBe(0);
    },
  );

  test.each([1, 2, 3, 4])(
    "a crash at write %i of clear leaves no half token, and the next clear finishes it",
    async (n) => {
      const chain = keyChain();
      await secureStore(chain.adapter).set(long("a"));
      chain.crashAt(n);
      await expect(secureStore(chain.adapter).clear()).rejects.toThrow("locked");
      chain.restart();
      expect([null, long("a")]).toContain(await secureStore(chain.adapter).get());
      await secureStore(chain.adapter).clear();
      expect(chain.entries.size).toBe(0);
    },
  );

  test("writes that come at the same time do not mix, and a failure does not stop the next", async () => {
    const chain = keyChain();
    const store = secureStore(chain.adapter);
    const writes = ["a", "b", "c"].map((letter) => store.set(long(letter)));
    expect(await store.get()).toBe(long("c"));
    await Promise.all(writes);
    chain.crashAt(1);
    await expect(store.set(long("d"))).rejects.toThrow("locked");
    chain.restart();
    await store.set(long("e"));
    expect(await store.get()).toBe(long("e"));
  });

  test("two keys are two stores", async () => {
    const { adapter } = keyChain();
    const [one, two] = [secureStore(adapter, { key: "one" }), secureStore(adapter, { key: "two" })];
    await one.set("1");
    await two.set("2");
    await one.clear();
    expect([await one.get(), await two.get()]).toEqual([null, "2"]);
  });
});

/** An app with its modules, as the documentation of React Native and of netinfo describes them: netinfo tells a new listener at once how things are. */
async function app() {
  const clock = createFakeClock();
  const server = createFakeServer({ clock });
  const store = secureStore(keyChain().adapter);
  const auth = createAuth({
    baseUrl: server.url,
    fetch: server.fetch,
    clock,
    transport: "header",
    store,
    environment: {},
  });
  onTestFinished(() => auth.dispose());
  const states = new Set<(state: string) => void>();
  const nets = new Set<(state: NetInfoStateLike) => void>();
  let net: NetInfoStateLike = { isConnected: true, isInternetReachable: null };
  const stop = [
    bindAppState(auth, {
      addEventListener: (_, fn) => {
        states.add(fn);
        return { remove: () => void states.delete(fn) };
      },
    }),
    bindNetInfo(auth, {
      addEventListener: (fn) => {
        nets.add(fn);
        fn(net);
        return () => void nets.delete(fn);
      },
    }),
  ];
  await auth.ready();
  await auth.signIn({ username: "alice", password: "correct horse" });
  const become = (state: string) => {
    for (const fn of states) fn(state);
  };
  const connect = (next: NetInfoStateLike) => {
    net = next;
    for (const fn of nets) fn(net);
  };
  return { auth, clock, server, become, connect, listeners: () => states.size + nets.size, stop };
}

describe("bindAppState", () => {
  test("an app in the background refreshes nothing, and when it is back with an old token at once", async () => {
    const { auth, clock, server, become } = await app();
    become("inactive");
    become("background");
    await clock.advance(3_600_000);
    expect(server.count("jwt/refresh/")).toBe(0);
    become("active");
    await settle();
    expect(server.count("jwt/refresh/")).toBe(1);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });

  test("an app that is back soon asks for nothing", async () => {
    const { clock, server, become } = await app();
    become("background");
    await clock.advance(60_000);
    become("active");
    await settle();
    expect(server.count("jwt/refresh/")).toBe(0);
  });

  test("a moment of inactivity, as when a call comes in, stops no timer", async () => {
    const { clock, server, become } = await app();
    become("inactive");
    await clock.advance(299_000);
    expect(server.count("jwt/refresh/")).toBe(1);
  });
});

describe("bindNetInfo", () => {
  test("tries again at once when the network is back", async () => {
    const { auth, clock, server, connect } = await app();
    server.always("jwt/refresh/", "network");
    await clock.advance(400_000);
    expect(auth.state).toMatchObject({ status: "authenticated", stale: true });
    connect({ isConnected: false });
    server.always("jwt/refresh/", null);
    connect({ isConnected: true, isInternetReachable: true });
    await settle();
    expect(auth.state).toMatchObject({ status: "authenticated", stale: false });
  });

  test.each<[string, NetInfoStateLike[]]>([
    ["the first word about the network", []],
    ["one network after another", [{ isConnected: true }, { isConnected: true, isInternetReachable: true }]],
    ["a network without the internet", [{ isConnected: false }, { isConnected: true, isInternetReachable: false }]],
  ])("%s is no return of it", async (_, words) => {
    const { clock, server, connect } = await app();
    server.always("jwt/refresh/", "network");
    await clock.advance(400_000);
    const before = server.count("jwt/refresh/");
    for (const word of words) connect(word);
    await settle();
    expect(server.count("jwt/refresh/")).toBe(before);
  });
});

test("what was bound can be let go", async () => {
  const { stop, listeners } = await app();
  expect(listeners()).toBe(2);
  for (const end of stop) end();
  expect(listeners()).toBe(0);
});
