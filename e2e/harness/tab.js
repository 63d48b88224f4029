// @ts-check
import { alice } from "./stage.js";

/**
 * What a page of the client has on its window.
 * @typedef {{ auth: any, events: { name: string, error?: string, reason?: string, user?: any }[] }} Client
 * @typedef {Awaited<ReturnType<typeof import("./stage.js").openStage>>} Stage
 * @typedef {import("playwright-core").Page} Page
 */

export const refreshPath = "/auth/refresh/";

/**
 * Opens a tab with the client, on the server's own origin unless `away`, and waits until it knows who is signed in, and has asked all that it asks for that.
 * @param {Stage} stage @param {import("playwright-core").BrowserContext} context @param {{ options?: object, away?: boolean }} [more]
 */
export async function openTab(stage, context, { options = {}, away = false } = {}) {
  const page = await context.newPage();
  const address = away ? stage.page("client.html") : stage.homePage("client.html");
  await page.goto(`${address}&options=${encodeURIComponent(JSON.stringify(options))}`);
  await page.waitForFunction(() => {
    const { auth } = /** @type {Client} */ (/** @type {unknown} */ (window));
    return auth && auth.state.status !== "unknown" && !auth.state.refreshing;
  });
  return page;
}

/** Signs in. @param {Page} page @param {Record<string, string>} [user] */
export function signIn(page, { username, password } = alice) {
  return page.evaluate(
    async (credentials) => {
      await /** @type {any} */ (window).auth.signIn({ ...credentials, remember: true });
    },
    { username, password },
  );
}

/** Waits for a status, and for the end of the refresh that a tab makes after it has told who is signed in. @param {Page} page @param {string} status */
export const becomes = (page, status) =>
  page.waitForFunction((wanted) => {
    const { state } = /** @type {any} */ (window).auth;
    return state.status === wanted && !state.refreshing;
  }, status);

/** Waits for an event of this name. @param {Page} page @param {string} name */
export const hears = (page, name) =>
  page.waitForFunction(
    (wanted) => /** @type {any} */ (window).events.some((/** @type {any} */ e) => e.name === wanted),
    name,
  );

/** @param {Page} page @returns {Promise<{ status: string, stale: boolean, reason: string | null, username: string | undefined }>} */
export const stateOf = (page) =>
  page.evaluate(() => {
    const { status, stale, reason, user } = /** @type {any} */ (window).auth.state;
    return { status, stale, reason, username: user?.username };
  });

/** The events so far, by name. @param {Page} page @returns {Promise<string[]>} */
export const eventsOf = (page) =>
  page.evaluate(() => /** @type {any} */ (window).events.map((/** @type {any} */ e) => e.name));

/** Refreshes; the code of the error, or "ok". @param {Page} page @returns {Promise<string>} */
export const refresh = (page) =>
  page.evaluate(() =>
    /** @type {any} */ (window).auth.refresh({ force: true }).then(
      () => "ok",
      (/** @type {any} */ error) => error.code,
    ),
  );

/** A promise and what fulfils it: for answers that wait. */
export function gate() {
  let open = () => {};
  /** @type {Promise<void>} */
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
