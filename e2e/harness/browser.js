// @ts-check
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { certificate } from "./certificate.js";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

// Without these, Chromium asks for updates and the like at every start, which is noise, and slow where there is no way out.
const quiet = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @type {Map<string, Promise<import("playwright-core").Browser>>} */
const open = new Map();

/**
 * The browser of this file's tests. It knows example.test and other.test, and believes the certificate of the harness.
 * @param {{ tls: boolean, flags?: string[] }} options
 */
export function browser({ tls, flags = [] }) {
  const key = JSON.stringify([tls, flags]);
  const found = open.get(key) ?? launch(tls, flags);
  open.set(key, found);
  return found;
}

/** How Chromium is started. @param {boolean} tls @param {string[]} flags */
function launchOptions(tls, flags = []) {
  const executablePath = process.env.CHROMIUM || places.find((place) => existsSync(place));
  if (!executablePath) throw new Error("there is no Chromium: install it, or say where it is in CHROMIUM");
  const args = [...quiet, "--host-resolver-rules=MAP *.example.test 127.0.0.1,MAP other.test 127.0.0.1", ...flags];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  if (tls) args.push(`--ignore-certificate-errors-spki-list=${certificate().spki}`);
  return { executablePath, args, headless: true };
}

/** @param {boolean} tls @param {string[]} flags */
const launch = (tls, flags) => chromium.launch(launchOptions(tls, flags));

/**
 * A browser of somebody who has blocked all cookies in its settings, which blocks storage too.
 * @param {import("node:test").TestContext} t @param {{ tls: boolean }} options
 */
export async function browserWithoutCookies(t, { tls }) {
  const profile = mkdtempSync(join(tmpdir(), "cartouche-profile-"));
  mkdirSync(join(profile, "Default"));
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(profile, launchOptions(tls));
  t.after(async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return context;
}

after(async () => {
  for (const one of open.values()) await (await one).close();
});
