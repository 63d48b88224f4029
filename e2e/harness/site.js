// @ts-check
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./server.js";

const require = createRequire(import.meta.url);
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
const here = join(root, "e2e/pages");

/** Libraries that pages load, by what they call them. @type {Record<string, () => string>} */
const vendor = {
  "/vendor/jquery.js": () => join(dirname(require.resolve("jquery")), "../dist-module/jquery.module.js"),
  "/vendor/axios.js": () => join(dirname(require.resolve("axios/package.json")), "dist/esm/axios.js"),
  "/vendor/jwt-decode.js": () => fileURLToPath(import.meta.resolve("jwt-decode")),
};

/** @param {string} path @returns {string} */
function fileOf(path) {
  const found = vendor[path];
  if (found) return found();
  if (path.startsWith("/client/")) return join(root, "client/dist", normalize(path.slice("/client".length)));
  return join(here, normalize(path));
}

/**
 * Serves the pages of the front ends, the libraries that they load, and the built client, from an origin of their own.
 * @param {string} host @param {{ key: string, cert: string } | null} tls
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function startSite(host, tls) {
  /** @type {http.RequestListener} */
  const serve = (request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    const file = fileOf(path);
    if (!existsSync(file) || extname(file) === "") {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    const type = types[/** @type {keyof typeof types} */ (extname(file))] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" }).end(readFileSync(file));
  };
  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `${tls ? "https" : "http"}://${host}:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
