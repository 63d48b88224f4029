// @ts-check
import { createHash } from "node:crypto";

/**
 * A service of the site's own below /api/, which believes access tokens until it is told not to: what tests of expiry need, without waiting for it.
 * @param {import("./proxy.js").FaultyProxy} proxy
 */
export function serveAPI(proxy) {
  /** @type {{ status: number, token: string, bytes: number, sum: string }[]} */
  const calls = [];
  /** @type {Set<string>} */
  const refused = new Set();
  proxy.api = async (request, response) => {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of request) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const forbidden = request.url === "/api/forbidden";
    const status = forbidden || !token || refused.has(token) ? 401 : 200;
    const sum = hash.digest("hex");
    calls.push({ status, token, bytes, sum });
    const challenge = forbidden ? 'Bearer error="insufficient_scope"' : 'Bearer error="invalid_token"';
    response.writeHead(status, {
      "Content-Type": "application/json",
      ...(status === 401 && { "WWW-Authenticate": challenge }),
    });
    response.end(JSON.stringify(status === 200 ? { bytes, sum } : { detail: "no" }));
    return status;
  };
  return { calls, refuse: (/** @type {string} */ token) => refused.add(token) };
}
