import type { Auth, TokenStore } from "./types.js";

/** What a key-chain can do: expo-secure-store is one. */
export interface SecureStoreAdapter {
  getItemAsync(key: string): Promise<string | null>;
  setItemAsync(key: string, value: string): Promise<void>;
  deleteItemAsync(key: string): Promise<void>;
}

const MOST = 1800; // characters of one entry: iOS key-chains refuse values from 2048 bytes on

/**
 * Keeps the refresh token in a key-chain. Tokens that are too long for one entry are cut. A write that fails half-way leaves the old token readable: the
 * pieces of the new one lie beside those of the old, and one short entry, written last, says which count.
 */
export function secureStore(
  adapter: SecureStoreAdapter,
  { key = "cartouche.refresh" }: { key?: string } = {},
): TokenStore {
  const inTurn = queue();
  const piece = (row: string, i: number) => `${key}.${row}${i}`;
  const head = async () => {
    const [, row = "b", count = 0] = /^([ab])(\d+)$/.exec((await adapter.getItemAsync(key)) ?? "") ?? [];
    return { row, count: Number(count) };
  };
  const drop = async (row: string) => {
    let count = 0;
    while ((await adapter.getItemAsync(piece(row, count))) !== null) count++;
    while (count > 0) await adapter.deleteItemAsync(piece(row, --count)); // from the end, so that whatever stays is found the next time
  };
  return {
    get: () =>
      inTurn(async () => {
        const { row, count } = await head();
        let token = "";
        for (let i = 0; i < count; i++) {
          const part = await adapter.getItemAsync(piece(row, i));
          if (part === null) return null; // half a token is none
          token += part;
        }
        return token || null;
      }),
    set: (token) =>
      inTurn(async () => {
        const old = (await head()).row;
        const row = old === "a" ? "b" : "a";
        const count = Math.ceil(token.length / MOST);
        for (let i = 0; i < count; i++)
          await adapter.setItemAsync(piece(row, i), token.slice(i * MOST, (i + 1) * MOST));
        await adapter.setItemAsync(key, `${row}${count}`);
        await drop(old).catch(() => {}); // the new token is kept all the same, and its successor takes that row
      }),
    clear: () =>
      inTurn(async () => {
        await drop("a");
        await drop("b");
        await adapter.deleteItemAsync(key);
      }),
  };
}

/** Runs one job after another: two writes must not mix their pieces. */
function queue(): <T>(job: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const mine = last.then(job, job);
    last = mine;
    return mine;
  };
}

/** React Native's AppState, as far as it is used here. */
export interface AppStateLike {
  addEventListener(type: "change", fn: (state: string) => void): { remove(): void };
}

/** What @react-native-community/netinfo says of the network. `null`: it does not know yet. */
export interface NetInfoStateLike {
  isConnected: boolean | null;
  isInternetReachable?: boolean | null | undefined;
}

/** @react-native-community/netinfo, as far as it is used here. */
export interface NetInfoLike {
  addEventListener(fn: (state: NetInfoStateLike) => void): () => void;
}

/** Makes a client rest while the app is in the background, where timers are late or stop, and look after its token when it is back. Answers what ends that. */
export function bindAppState(auth: Auth, appState: AppStateLike): () => void {
  const subscription = appState.addEventListener("change", (state) => {
    if (state === "active") auth.resume();
    else if (state === "background") auth.suspend(); // "inactive" is a moment, as when a call comes in
  });
  return () => subscription.remove();
}

/** Makes a client try again at once when the network is back, instead of waiting for its next attempt. Answers what ends that. */
export function bindNetInfo(auth: Auth, netInfo: NetInfoLike): () => void {
  let online = true; // the first call tells how things are: it is no change
  return netInfo.addEventListener(({ isConnected, isInternetReachable }) => {
    const before = online;
    online = isConnected !== false && isInternetReachable !== false;
    if (online && !before) auth.resume();
  });
}
