import { fetchText, requireSafeURL } from "./fetch.js";
import { type FindKey, fromBase64URL, TokenError, toBase64URL } from "./token.js";

/** A public key that verifies. */
export interface Key {
  algorithm: "ES256" | "EdDSA";
  key: CryptoKey;
  verifyWith: EcdsaParams | Algorithm;
}

/** What {@link remoteKeys} may be told. */
export interface RemoteKeysOptions {
  fetch?: typeof fetch;
  /** The clock, in milliseconds since 1970. Default Date.now. */
  now?(): number;
}

const MAX_SET = 64 << 10;
const MAX_KEYS = 64;
const FRESH_MS = 5 * 60_000; // the server lets others keep the keys for this long
const PAUSE_MS = 10_000; // between fetches, whatever asks for them

/**
 * The server's public keys, fetched when they are needed and again after five minutes. When that fails the old ones stay. Whoever makes up key ids does not
 * make us fetch for each (a flood through unknown keys): between two fetches ten seconds pass at least, and until then an unknown key stays unknown.
 */
export function remoteKeys(url: string, options: RemoteKeysOptions = {}): FindKey {
  requireSafeURL("JWKS", url);
  const { fetch = globalThis.fetch, now = Date.now } = options;
  let keys: Map<string, Key> | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let loading: Promise<void> | null = null;

  const load = async () => {
    triedAt = now();
    try {
      keys = await parseKeys(await fetchText(fetch, url, { most: MAX_SET, timeoutMs: 5000 }));
      fetchedAt = now();
    } catch (e) {
      failure = e;
    } finally {
      loading = null;
    }
  };
  const loadAtTimes = () => {
    if (!loading && now() - triedAt < PAUSE_MS) return;
    loading ??= load();
    return loading;
  };

  return async (id) => {
    if (now() - fetchedAt >= FRESH_MS || !keys?.has(id)) await loadAtTimes();
    if (!keys) throw new TokenError("unavailable", "there are no public keys yet", failure);
    return keys.get(id) ?? null;
  };
}

/** Reads a JWK set (RFC 7517). Keys of a kind that is not ours are left out; a set that Cartouche cannot have written is an error. */
export async function parseKeys(json: string): Promise<Map<string, Key>> {
  const set = JSON.parse(json) as { keys?: unknown } | null;
  if (!Array.isArray(set?.keys) || set.keys.length > MAX_KEYS) throw new Error("the JWK set is malformed");
  const keys = new Map<string, Key>();
  for (const entry of set.keys as (JsonWebKey & { kid?: unknown })[]) {
    if (entry?.use !== undefined && entry.use !== "sig") continue;
    const key = await parseKey(entry);
    if (key) keys.set(String(entry.kid), key);
  }
  if (keys.size === 0) throw new Error("the JWK set has no ES256 or EdDSA key");
  return keys;
}

async function parseKey(entry: JsonWebKey & { kid?: unknown }): Promise<Key | null> {
  const { kty, crv, alg, x = "", y } = entry;
  const ec = kty === "EC" && crv === "P-256" && (alg === undefined || alg === "ES256");
  const ed = kty === "OKP" && crv === "Ed25519" && (alg === undefined || alg === "EdDSA");
  if (!ec && !ed) return null;
  const members = ec ? { crv, kty, x, y: y ?? "" } : { crv, kty, x }; // in the order of their names, for the thumbprint
  const right = (text: string) => fromBase64URL(text)?.length === 32;
  if (!right(x) || (ec && !right(y ?? ""))) throw new Error(`the key ${entry.kid} is malformed`);
  // An id that is made from the key (RFC 7638) cannot be given to another one, so no cached key is mistaken for it.
  const thumbprint = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(members))),
  );
  if (entry.kid !== toBase64URL(thumbprint.subarray(0, 16)))
    throw new Error(`the id of the key ${entry.kid} is not made from its public part`);
  const kind = ec ? { name: "ECDSA", namedCurve: "P-256" } : { name: "Ed25519" };
  const key = await crypto.subtle.importKey("jwk", { ...members }, kind, false, ["verify"]); // it refuses points that are not on the curve
  return {
    algorithm: ec ? "ES256" : "EdDSA",
    key,
    verifyWith: ec ? { name: "ECDSA", hash: "SHA-256" } : { name: "Ed25519" },
  };
}
