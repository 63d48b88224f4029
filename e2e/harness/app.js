// @ts-check
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { build, preview } from "vite";
import { browser } from "./browser.js";
import { FaultyProxy } from "./proxy.js";
import { startServer } from "./server.js";

/**
 * An app made with Vite. `away`: its API is on another origin, which it is told when it is built. `define` replaces words of its code as Vite's setting of
 * this name does. `settings` are the server's, for an app at this origin.
 * @typedef {{ root: string, away?: boolean, dev?: boolean, define?: Record<string, string>, settings?: (origin: string) => Record<string, string> }} App
 */

/** What was built so far. @type {Map<string, Promise<string>>} */
const built = new Map();

after(() => {
  for (const out of built.values()) out.then((folder) => rmSync(folder, { recursive: true, force: true }));
});

/** Builds an app as its own `npm run build` does, but elsewhere, and once. @param {string} root @param {Record<string, string>} define @returns {Promise<string>} */
function bundle(root, define) {
  const key = JSON.stringify([root, define]);
  const make = async () => {
    const outDir = mkdtempSync(join(tmpdir(), "cartouche-app-"));
    await build({ root, logLevel: "error", define, build: { outDir, emptyOutDir: true } });
    return outDir;
  };
  const found = built.get(key) ?? make();
  built.set(key, found);
  return found;
}

/**
 * An app, built and served; the real server with a faulty proxy before it, behind the app's own path /auth unless the app is `away`; and a browser.
 * @param {import("node:test").TestContext} t @param {App} app
 */
export async function openApp(t, { root, away = false, dev = false, define = {}, settings = () => ({}) }) {
  const proxy = new FaultyProxy(null);
  await proxy.open("localhost");
  t.after(() => proxy.close());
  /** @type {Record<string, string>} */
  const api = away ? { "import.meta.env.VITE_API": JSON.stringify(proxy.origin) } : {};
  const outDir = await bundle(root, { ...define, ...api });
  const site = await preview({
    root,
    logLevel: "error",
    build: { outDir },
    preview: { host: "localhost", port: 0, strictPort: false, proxy: away ? {} : { "/auth": proxy.origin } },
  });
  t.after(() => site.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (site.httpServer.address());
  const origin = `http://localhost:${port}`;
  /** @type {Record<string, string>} */
  const ours = { "allowed-origins": origin, ...(dev ? {} : { "public-url": proxy.origin }) };
  const server = await startServer({ dev, settings: { ...ours, ...settings(origin) } });
  t.after(() => server.stop());
  proxy.target = server.url;
  const chromium = await browser({ tls: false });
  return {
    origin,
    proxy,
    server,
    /** A browser of its own, with an empty jar and one open tab. @param {string} [path] */
    async person(path = "") {
      const context = await chromium.newContext();
      t.after(() => context.close());
      context.setDefaultTimeout(10_000);
      context.on("weberror", (e) => assert.fail(`a script of the page failed: ${e.error()}`));
      const page = await context.newPage();
      await page.goto(origin + path);
      return page;
    },
  };
}

/** Everything that a script of the page can keep for its next visit, as one text. @param {import("playwright-core").Page} page @returns {Promise<string>} */
export const kept = (page) =>
  page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
