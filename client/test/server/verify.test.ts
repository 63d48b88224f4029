import { createHmac } from "node:crypto";
import { importJWK, jwtVerify, SignJWT } from "jose";
import { expect, test } from "vitest";
import { type Key, parseKeys } from "../../src/server/keys.js";
import { type FindKey, TokenError, verifyAccessToken } from "../../src/server.js";
import { claims, encode, headerOf, ISSUER, idOf, makePair, NOW, signed } from "./helpers.js";

const pair = makePair();
const ed = makePair("EdDSA");
const stranger = makePair();
const set: Map<string, Key> = await parseKeys(JSON.stringify({ keys: [pair.jwk, ed.jwk] }));
const keys: FindKey = async (id) => set.get(id) ?? null;
const verify = (token: string, more = {}) =>
  verifyAccessToken(token, { keys, issuer: ISSUER, now: () => NOW, ...more });
const code = (token: string, more = {}) =>
  verify(token, more).then(
    () => "let in",
    (e: unknown) => (e instanceof TokenError ? e.code : e),
  );

test.each([pair, ed])("a good $algorithm token tells who it is", async (key) => {
  const principal = await verify(signed(key, claims({ plan: "gold" })));
  expect(principal).toMatchObject({ userId: "42", sessionId: "s1", claims: { plan: "gold" } });
  expect(principal.expiresAt.getTime()).toBe(NOW + 240_000);
});

test.each([pair, ed])("a token made by jose with $algorithm is good, and jose takes ours", async (key) => {
  const made = await new SignJWT(claims()).setProtectedHeader(headerOf(key)).sign(key.privateKey);
  expect(await code(made)).toBe("let in");
  const rules = { issuer: ISSUER, typ: "at+jwt", algorithms: [key.algorithm], currentDate: new Date(NOW) };
  const seen = await jwtVerify(signed(key, claims()), await importJWK(key.jwk, key.algorithm), rules);
  expect(seen.payload.sub).toBe("42");
});

test("a sliding token is good with one end of its window", async () => {
  expect(await code(signed(pair, claims({ token_type: "sliding", refresh_exp: NOW / 1000 + 900 })))).toBe("let in");
  expect(await code(signed(pair, claims({ token_type: "sliding" })))).toBe("invalid");
  expect(await code(signed(pair, claims({ refresh_exp: NOW / 1000 + 900 })))).toBe("invalid");
});

test("the audience has to be the one that is asked for", async () => {
  expect(await code(signed(pair, claims({ aud: "orders" })), { audience: "orders" })).toBe("let in");
  expect(await code(signed(pair, claims({ aud: ["a", "orders"] })), { audience: "orders" })).toBe("let in");
  expect(await code(signed(pair, claims()), { audience: "orders" })).toBe("invalid");
});

const part = (token: string, i: number) => token.split(".")[i] as string;
const good = signed(pair, claims());
const hmac = (secret: string | Buffer) => {
  const text = `${encode({ alg: "HS256", typ: "at+jwt", kid: pair.kid })}.${encode(claims())}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};
const point = pair.publicKey.export({ format: "pem", type: "spki" });
const seconds = NOW / 1000;

const attacks: [name: string, token: string, code?: string][] = [
  ["alg none", `${encode({ ...headerOf(pair), alg: "none" })}.${encode(claims())}.`],
  ["alg nOnE with a signature", signed(pair, claims(), { ...headerOf(pair), alg: "nOnE" })],
  ["stripped signature", `${part(good, 0)}.${part(good, 1)}.`],
  ["HS256 with the public key as PEM", hmac(point)],
  ["HS256 with the public key as JWK", hmac(JSON.stringify(pair.jwk))],
  ["the algorithm of another key", signed(pair, claims(), { ...headerOf(pair), alg: "EdDSA" })],
  ["changed claims", `${part(good, 0)}.${encode(claims({ sub: "1", user_id: "1" }))}.${part(good, 2)}`],
  ["a signature of zeros", `${part(good, 0)}.${part(good, 1)}.${Buffer.alloc(64).toString("base64url")}`],
  ["somebody else's key under a known kid", signed(stranger, claims(), headerOf(pair))],
  ["unknown kid", signed(stranger, claims())],
  ["embedded jwk", signed(stranger, claims(), { ...headerOf(stranger), jwk: stranger.jwk })],
  ["jku", signed(pair, claims(), { ...headerOf(pair), jku: "https://evil.example/jwks.json" })],
  ["x5u instead of kid", signed(pair, claims(), { alg: "ES256", typ: "at+jwt", x5u: "https://evil.example/" })],
  ["crit", signed(pair, claims(), { ...headerOf(pair), crit: ["b64"] })],
  ["kid as a path", signed(pair, claims(), { ...headerOf(pair), kid: "../../dev/null" })],
  ["kid of the prototype", signed(pair, claims(), { ...headerOf(pair), kid: "__proto__" })],
  ["kid twice", signed(pair, claims(), `{"alg":"ES256","typ":"at+jwt","kid":"x","kid":"${pair.kid}"}`)],
  ["refresh token as access token", signed(pair, claims(), { ...headerOf(pair), typ: "rt+jwt" })],
  ["ID token as access token", signed(pair, claims(), { ...headerOf(pair), typ: "JWT" })],
  ["no typ", signed(pair, claims(), { alg: "ES256", kid: pair.kid })],
  ["claim of a refresh token", signed(pair, claims({ token_type: "refresh" }))],
  ["wrong issuer", signed(pair, claims({ iss: "https://evil.example" }))],
  ["issuer with a slash more", signed(pair, claims({ iss: `${ISSUER}/` }))],
  ["issuer in a list", signed(pair, claims({ iss: [ISSUER] }))],
  ["a token for somebody else", signed(pair, claims({ aud: "payments" }))],
  ["expired", signed(pair, claims({ iat: seconds - 400, exp: seconds - 100 })), "expired"],
  ["no exp", signed(pair, claims({ exp: undefined }))],
  ["exp as text", signed(pair, claims({ exp: String(seconds + 60) }))],
  ["exp with a fraction", signed(pair, claims({ exp: seconds + 0.5 }))],
  ["a life of a year", signed(pair, claims({ exp: seconds + 31_536_000 }))],
  ["end before the beginning", signed(pair, claims({ iat: seconds - 1, exp: seconds - 2 }))],
  ["from the future", signed(pair, claims({ iat: seconds + 60, exp: seconds + 120 }))],
  ["not yet", signed(pair, claims({ nbf: seconds + 60 }))],
  ["two subjects", signed(pair, claims({ user_id: "1" }))],
  ["a subject in another case", signed(pair, claims({ Sub: "1" }))],
  ["no session", signed(pair, claims({ sid: undefined }))],
  ["a subject that is a number", signed(pair, claims({ sub: 42, user_id: 42 }))],
  ["claims that are a list", signed(pair, [claims()])],
  ["claims that are no JSON", signed(pair, "sub=42")],
  ["padding", `${good}=`],
  ["other base64", `${part(good, 0)}.${part(good, 1)}.${Buffer.from(part(good, 2), "base64url").toString("base64")}`],
  [
    "unused bits",
    good.slice(0, -1) + (good.endsWith("A") ? "B" : String.fromCharCode(good.charCodeAt(good.length - 1) + 1)),
  ],
  ["a line break", `${good}\n`],
  ["four parts", `${good}.${part(good, 2)}`],
  ["five parts, as encrypted ones have", `${good}.e.e`],
  ["a million dots", ".".repeat(1_000_000)],
  ["a long token", signed(pair, claims({ more: "x".repeat(5000) }))],
  ["nothing", ""],
];

test.each(attacks)("attack: %s", async (_, token, expected = "invalid") => {
  expect(await code(token)).toBe(expected);
});

test("a wrong type in the place of the token is refused, not a crash", async () => {
  expect(await code(undefined as unknown as string)).toBe("invalid");
});

test("the end of a token's life is exact, and the leeway moves it", async () => {
  const token = signed(pair, claims());
  const at = (ms: number, leewayMs: number) => code(token, { now: () => NOW + ms, leewayMs });
  expect([await at(239_999, 0), await at(240_000, 0)]).toEqual(["let in", "expired"]);
  expect([await at(249_999, 10_000), await at(250_000, 10_000)]).toEqual(["let in", "expired"]);
});

test("a leeway of minutes, and no issuer, are mistakes of the programmer", async () => {
  await expect(verify(good, { leewayMs: 60_000 })).rejects.toThrow("leewayMs");
  await expect(verify(good, { issuer: "" })).rejects.toThrow("issuer");
});

const { crv, kty, x } = pair.jwk;
const off = { crv, kty, x, y: x };
test.each([
  ["a key whose id is not made from it", { ...pair.jwk, kid: ed.kid }, "not made from its public part"],
  ["a point that is on no curve", { ...off, kid: idOf(off), alg: "ES256" }, /Invalid|key/],
  ["a short coordinate", { ...pair.jwk, x: "AAAA" }, "malformed"],
  ["no key at all", null, /null/],
])("a JWK set with %s is refused", async (_, jwk, message) => {
  await expect(parseKeys(JSON.stringify({ keys: [pair.jwk, jwk] }))).rejects.toThrow(message);
});

test("keys of a kind that is not ours are left out, and a set of nothing else is refused", async () => {
  const rsa = { kty: "RSA", kid: "r", n: "AQAB", e: "AQAB", alg: "RS256", use: "sig" };
  const oct = { kty: "oct", kid: "o", k: "c2VjcmV0", alg: "HS256" };
  const sealing = { ...ed.jwk, use: "enc" };
  expect([...(await parseKeys(JSON.stringify({ keys: [rsa, oct, sealing, pair.jwk] }))).keys()]).toEqual([pair.kid]);
  await expect(parseKeys(JSON.stringify({ keys: [rsa, oct] }))).rejects.toThrow("no ES256 or EdDSA key");
});
