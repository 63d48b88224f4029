// @ts-check
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = join(root, "bin/cartouche");
const run = promisify(execFile);

/**
 * @typedef {object} Server
 * @property {string} url where it listens, whatever its public URL is
 * @property {(user: Record<string, string>) => Promise<void>} register makes an account, as a mobile app would
 * @property {(n: number) => Promise<string>} mail the mail of this number, from 1, as soon as it is there
 * @property {() => Promise<Record<string, number>>} rows how many rows there are in the tables that matter to people
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the real server on a database of its own.
 * @param {{ dev?: boolean, settings?: Record<string, string> }} options settings by their command-line names, without dashes in front
 * @returns {Promise<Server>}
 */
export async function startServer({ dev = false, settings = {} }) {
  const dir = mkdtempSync(join(tmpdir(), "cartouche-e2e-"));
  const mails = join(dir, "mails");
  const all = {
    listen: "127.0.0.1:0",
    "data-dir": dir,
    "rate-limits": "off", // one machine is all browsers here
    "user-ids": "integer",
    ...(dev ? {} : { mail: `file:${mails}`, "mail-from": "Cartouche <noreply@example.test>" }),
    ...settings,
  };
  const args = [
    "serve",
    ...(dev ? ["--dev"] : []),
    ...Object.entries(all).map(([name, value]) => `--${name}=${value}`),
  ];
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env.PATH } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await listening(child);
  return {
    url,
    register: (user) => register(url, settings.prefix ?? "/auth/", user),
    mail: (n) => readMail(mails, n),
    rows: async () => countRows((await run(binary, ["store", "stats", "--json", `--data-dir=${dir}`])).stdout),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits for the line that says where the server listens. @param {import("node:child_process").ChildProcess} child @returns {Promise<string>} */
function listening(child) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stderr) });
    /** @type {string[]} */
    const said = [];
    lines.on("line", (line) => {
      said.push(line);
      const event = line.startsWith("{") ? JSON.parse(line) : {};
      if (event.msg === "listening") resolve(`http://${event.address}`);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the server did not start:\n${said.join("\n")}`)));
  });
}

/** @param {string} url @param {string} prefix @param {Record<string, string>} user */
async function register(url, prefix, user) {
  const body = JSON.stringify(user);
  const answer = await fetch(`${url}${prefix}users/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${await answer.text()}`);
}

/** @param {string} stats @returns {Record<string, number>} */
function countRows(stats) {
  const matter = ["users", "sessions", "one_time_tokens", "opaque_tokens", "revocations", "mails"];
  /** @type {{ table: string, rows: number }[]} */
  const tables = JSON.parse(stats).tables;
  return Object.fromEntries(
    tables.filter(({ table }) => matter.includes(table)).map(({ table, rows }) => [table, rows]),
  );
}

/** @param {string} folder @param {number} n @returns {Promise<string>} */
function readMail(folder, n) {
  const look = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".eml"))
      .sort()[n - 1];
  return new Promise((resolve) => {
    const watcher = watch(folder, () => take());
    const take = () => {
      const found = look();
      if (!found) return;
      watcher.close();
      resolve(readFileSync(join(folder, found), "utf8"));
    };
    take();
  });
}
