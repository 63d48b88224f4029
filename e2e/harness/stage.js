// @ts-check
import assert from "node:assert/strict";
import { browser } from "./browser.js";
import { certificate } from "./certificate.js";
import { FaultyProxy } from "./proxy.js";
import { startServer } from "./server.js";
import { startSite } from "./site.js";

export const alice = { username: "alice", email: "alice@example.test", password: "a horse of nine staples" };
export const bob = { username: "bob", email: "bob@example.test", password: "another nine of staples" };

/** Where the page and the server are for browsers: a page on another port, or on a sibling host over https. */
export const places = {
  local: { app: "localhost", api: "localhost", tls: false },
  siblings: { app: "app.example.test", api: "api.example.test", tls: true },
};

/**
 * A server behind a proxy, the pages of a front end on another origin, and a browser. Everything ends with the test.
 * @param {import("node:test").TestContext} t
 * @param {{ place?: typeof places.local, dev?: boolean, settings?: Record<string, string>, flags?: string[] }} [options]
 */
export async function openStage(t, { place = places.local, dev = false, settings = {}, flags = [] } = {}) {
  const tls = place.tls ? certificate() : null;
  const proxy = new FaultyProxy(tls);
  await proxy.open(place.api);
  t.after(() => proxy.close());
  const site = await startSite(place.app, tls);
  t.after(() => site.close());
  const server = await startServer({
    dev,
    settings: { "public-url": proxy.origin, ...(dev ? {} : { "allowed-origins": site.origin }), ...settings },
  });
  t.after(() => server.stop());
  proxy.target = server.url;
  if (!tls) proxy.pages = site.origin;
  const chromium = await browser({ tls: place.tls, flags });
  return {
    proxy,
    site,
    server,
    api: proxy.origin,
    /** A browser of its own, with an empty jar. @param {import("playwright-core").BrowserContextOptions} [options] */
    async person(options) {
      const context = await chromium.newContext(options);
      t.after(() => context.close());
      context.setDefaultTimeout(10_000);
      context.on("weberror", (e) => assert.fail(`a script of the page failed: ${e.error()}`));
      return context;
    },
    /** The address of one of our pages, which is told where the server is. @param {string} file */
    page: (file) => `${site.origin}/${file}?api=${encodeURIComponent(proxy.origin)}`,
    /** The same page, served by the host of the server itself. @param {string} file */
    homePage: (file) => `${proxy.origin}/app/${file}?api=${encodeURIComponent(proxy.origin)}`,
  };
}

/** The cookies of a browser's own jar, by name. @param {import("playwright-core").BrowserContext} context */
export async function jar(context) {
  return Object.fromEntries((await context.cookies()).map((cookie) => [cookie.name, cookie]));
}

/** Fails unless a cookie has these attributes. @param {Record<string, import("playwright-core").Cookie>} cookies @param {string} name @param {Partial<import("playwright-core").Cookie>} want */
export function wantCookie(cookies, name, want) {
  const found = cookies[name];
  assert.ok(found, `the jar has ${Object.keys(cookies)}, want ${name} too`);
  const got = Object.fromEntries(Object.keys(want).map((key) => [key, found[/** @type {keyof typeof found} */ (key)]]));
  assert.deepEqual(got, want, `cookie ${name}`);
}
