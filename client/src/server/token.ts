import type { Key } from "./keys.js";

/** Why a token is not believed. "unavailable": nobody can tell, because there are no keys or the knowledge of revocations is too old. */
export type RefusalCode = "invalid" | "expired" | "revoked" | "unavailable";

/** What {@link verifyAccessToken} and verifiers throw. Whoever presented the token is not to be told more than 401, or 503 for "unavailable". */
export class TokenError extends Error {
  override readonly name = "TokenError";

  constructor(
    readonly code: RefusalCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }

  /** The HTTP status to answer with. */
  get status(): 401 | 503 {
    return this.code === "unavailable" ? 503 : 401;
  }
}

/** Who makes a request, as the access token says it. */
export interface Principal {
  userId: string;
  sessionId: string;
  issuedAt: Date;
  expiresAt: Date;
  /** The claims that the server was configured to add, beside the registered ones. */
  claims: Readonly<Record<string, unknown>>;
}

/** What a token must be. */
export interface TokenRules {
  /** The URL that tokens name as their issuer, compared exactly. */
  issuer: string;
  /** Must be in the claim "aud". Default: there must be no such claim, for it would name somebody else. */
  audience?: string;
  /** The longest life that a token may have. Default 15 minutes. */
  maxLifeMs?: number;
  /** How far this machine's clock may be from the server's. Default 10 seconds, at most 30. */
  leewayMs?: number;
  /** The clock, in milliseconds since 1970. Default Date.now. */
  now?(): number;
}

/** Finds a public key by its id; null when there is none. */
export type FindKey = (id: string) => Promise<Key | null>;

/** A genuine token: who, and the key that says so. */
export interface Genuine {
  principal: Principal;
  keyId: string;
}

const MAX_SIZE = 4096;
const CLOCK_ERROR = 1000;
const LAST_SECOND = 253402300799; // the year 9999
const HEADER_SIZE = 3;
const REGISTERED = [
  "iss",
  "aud",
  "sub",
  "sid",
  "iat",
  "exp",
  "nbf",
  "jti",
  "token_type",
  "user_id",
  "refresh_exp",
  "orig_iat",
];

const invalid = (message: string) => new TokenError("invalid", message);

/** Makes sure of a token: first its form, then its signature, and only then what it says and whether now is its time. */
export async function check(token: string, findKey: FindKey, rules: TokenRules): Promise<Genuine> {
  const { keyId, algorithm, signed, payload, signature } = takeApart(token);
  const key = await findKey(keyId);
  if (!key) throw invalid("the key is unknown");
  // The key decides the algorithm; the token may only agree. So nobody can ask for a public key to be used as an HMAC secret (algorithm confusion).
  if (algorithm !== key.algorithm) throw invalid("the algorithm is not the key's");
  if (!(await crypto.subtle.verify(key.verifyWith, key.key, signature, signed)))
    throw invalid("the signature is wrong");
  return { principal: readClaims(payload, rules), keyId };
}

interface Parts {
  keyId: string;
  algorithm: string;
  signed: Uint8Array<ArrayBuffer>;
  payload: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** Takes a JWS in compact form (RFC 7515, section 7.1) apart, and refuses every form but the one that the server writes. */
function takeApart(token: string): Parts {
  if (typeof token !== "string" || token.length > MAX_SIZE) throw invalid("the token is too long");
  const parts = token.split(".", 4);
  const [head, payload, signature] = parts.map(fromBase64URL);
  if (parts.length !== 3 || !head || !payload || !signature)
    throw invalid("the token is not of three parts in base64url");
  const text = utf8(head);
  const header = parseObject(text);
  // Exactly alg, typ and kid, each once: jwk, jku, x5u and x5c bring a key along, crit and b64 change the meaning of the rest, zip makes a bomb.
  if (Object.keys(header).length !== HEADER_SIZE || JSON.stringify(header) !== text)
    throw invalid("the header is not of alg, typ and kid");
  const { alg, typ, kid } = header;
  if (typ !== "at+jwt") throw invalid("the token is no access token"); // one kind must not pass for another (RFC 8725, section 3.11)
  if (alg !== "ES256" && alg !== "EdDSA") throw invalid("the algorithm is none of ours"); // "none", in whatever case, and HS256
  if (typeof kid !== "string" || !/^[\w-]{1,64}$/.test(kid)) throw invalid("the key id is malformed");
  return {
    keyId: kid,
    algorithm: alg,
    signed: new TextEncoder().encode(token.slice(0, token.lastIndexOf("."))),
    payload,
    signature,
  };
}

function readClaims(payload: Uint8Array, rules: TokenRules): Principal {
  const { issuer, audience, maxLifeMs = 15 * 60_000, leewayMs = 10_000, now = Date.now } = rules;
  const { iss, aud, sub, sid, iat, exp, nbf, jti, token_type, user_id, refresh_exp, orig_iat, ...more } = parseObject(
    utf8(payload),
  );
  const issuedAt = time(iat, "iat");
  const expiresAt = time(exp, "exp");
  const notBefore = nbf === undefined ? 0 : time(nbf, "nbf");
  if (iss !== issuer) throw invalid("the issuer is another");
  // A sliding token, which may be exchanged for a newer one, has one end of its window; others have none.
  const windows = Number(refresh_exp !== undefined) + Number(orig_iat !== undefined);
  if (windows !== (token_type === "sliding" ? 1 : 0) || (token_type !== "access" && token_type !== "sliding"))
    throw invalid("the token is no access token");
  const userId = text(sub, "sub");
  const sessionId = text(sid, "sid");
  text(jti, "jti");
  if (user_id !== sub) throw invalid("sub and user_id differ"); // two readers would see two people
  if (Object.keys(more).some((name) => REGISTERED.includes(name.toLowerCase())))
    throw invalid("a claim is there in two spellings");
  const audiences = aud === undefined ? [] : Array.isArray(aud) ? aud : [aud];
  if (audience === undefined ? aud !== undefined : !audiences.includes(audience))
    throw invalid("the audience is another");
  if (expiresAt < issuedAt || expiresAt - issuedAt > maxLifeMs) throw invalid("the token's life is too long");
  const moment = now();
  if (issuedAt > moment + Math.max(leewayMs, CLOCK_ERROR) || notBefore > moment + leewayMs)
    throw invalid("the token is from the future");
  if (moment >= expiresAt + leewayMs) throw new TokenError("expired", "the token is expired");
  return {
    userId,
    sessionId,
    issuedAt: new Date(issuedAt),
    expiresAt: new Date(expiresAt),
    claims: Object.freeze(more),
  };
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw invalid(`the claim ${name} must be text`);
  return value;
}

/** A time in whole seconds, as milliseconds. */
function time(value: unknown, name: string): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > LAST_SECOND)
    throw invalid(`the claim ${name} must be a time`);
  return (value as number) * 1000;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TokenError("invalid", "the token is not in UTF-8", cause);
  }
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // as below
  }
  throw invalid("a part of the token is no JSON object");
}

/** Reads canonical base64url; null for anything else. Other spellings of one value would let altered copies of a token pass as others. */
export function fromBase64URL(segment: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]+$/.test(segment)) return null;
  try {
    const bytes = Uint8Array.from(atob(segment.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return toBase64URL(bytes) === segment ? bytes : null;
  } catch {
    return null;
  }
}

/** Writes base64url without padding. */
export function toBase64URL(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
