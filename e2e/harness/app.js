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

/** What was built so far, by the folder it was built from. @type {Map<string, Promise<string>>} */
const built = new Map();

after(() => {
  for (const out of built.values()) out.then((folder) => rmSync(folder, { recursive: true, force: true }));
});

/** Builds an app as its own `npm run build` does, but elsewhere. @param {string} root @returns {Promise<string>} */
async function bundle(root) {
  const outDir = mkdtempSync(join(tmpdir(), "cartouche-app-"));
  await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  return outDir;
}

/**
 * An app made with Vite, built and served; the real server behind its path /auth, with a faulty proxy between; and a browser.
 * @param {import("node:test").TestContext} t @param {string} root
 * @param {(origin: string) => Record<string, string>} [settings] of the server, for an app at this origin
 */
export async function openApp(t, root, settings = () => ({})) {
  const outDir = await (built.get(root) ?? built.set(root, bundle(root)).get(root));
  const proxy = new FaultyProxy(null);
  await proxy.open("localhost");
  t.after(() => proxy.close());
  const site = await preview({
    root,
    logLevel: "error",
    build: { outDir },
    preview: { host: "localhost", port: 0, strictPort: false, proxy: { "/auth": proxy.origin } },
  });
  t.after(() => site.close());
  const { port } = /** @type {import("node:net").AddressInfo} */ (site.httpServer.address());
  const origin = `http://localhost:${port}`;
  const server = await startServer({
    settings: { "public-url": proxy.origin, "allowed-origins": origin, ...settings(origin) },
  });
  t.after(() => server.stop());
  proxy.target = server.url;
  const chromium = await browser({ tls: false });
  return {
    origin,
    proxy,
    server,
    /** A browser of its own, with an empty jar and one open tab. */
    async person() {
      const context = await chromium.newContext();
      t.after(() => context.close());
      context.setDefaultTimeout(10_000);
      context.on("weberror", (e) => assert.fail(`a script of the page failed: ${e.error()}`));
      const page = await context.newPage();
      await page.goto(origin);
      return page;
    },
  };
}
