import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const ISSUER = "https://auth.example.com";
export const NOW = Date.UTC(2026, 10, 25, 12); // milliseconds
const SECOND = NOW / 1000;

/** A key pair, with its id made as the server makes it. */
export interface Pair {
  algorithm: "ES256" | "EdDSA";
  kid: string;
  jwk: Record<string, unknown>;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export function makePair(algorithm: "ES256" | "EdDSA" = "ES256"): Pair {
  const { privateKey, publicKey } =
    algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  const kid = idOf(members);
  return { algorithm, kid, jwk: { ...members, kid, alg: algorithm, use: "sig" }, privateKey, publicKey };
}

/** The first half of the thumbprint of a key (RFC 7638). */
export function idOf(members: Record<string, unknown>): string {
  return createHash("sha256").update(JSON.stringify(members)).digest().subarray(0, 16).toString("base64url");
}

export const encode = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  const life = { iat: SECOND - 60, exp: SECOND + 240 };
  return { token_type: "access", iss: ISSUER, sub: "42", user_id: "42", sid: "s1", jti: "j1", ...life, ...more };
}

/** Signs what it is given, right or wrong. */
export function signed(pair: Pair, payload: unknown, header: unknown = headerOf(pair)): string {
  const text = `${encode(header)}.${encode(payload)}`;
  const key = { key: pair.privateKey, dsaEncoding: "ieee-p1363" as const };
  return `${text}.${sign(pair.algorithm === "ES256" ? "sha256" : null, Buffer.from(text), key).toString("base64url")}`;
}

export const headerOf = (pair: Pair) => ({ alg: pair.algorithm, typ: "at+jwt", kid: pair.kid });

/** A real server on loopback for one test. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
}
