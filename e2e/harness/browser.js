// @ts-check
import { existsSync } from "node:fs";
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

/** @param {boolean} tls @param {string[]} flags */
function launch(tls, flags) {
  const executablePath = process.env.CHROMIUM || places.find((place) => existsSync(place));
  if (!executablePath) throw new Error("there is no Chromium: install it, or say where it is in CHROMIUM");
  const args = [...quiet, "--host-resolver-rules=MAP *.example.test 127.0.0.1,MAP other.test 127.0.0.1", ...flags];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  if (tls) args.push(`--ignore-certificate-errors-spki-list=${certificate().spki}`);
  return chromium.launch({ executablePath, args, headless: true });
}

after(async () => {
  for (const one of open.values()) await (await one).close();
});
