// @ts-check
// The client's doctor, in a real browser: what it says of the set-ups that people get wrong.
import assert from "node:assert/strict";
import test from "node:test";
import { browserWithoutCookies } from "../harness/browser.js";
import { FaultyProxy } from "../harness/proxy.js";
import { openStage, places } from "../harness/stage.js";
import { openTab, stateOf } from "../harness/tab.js";

/** @typedef {Awaited<ReturnType<typeof openStage>>} Stage */

/** What the doctor says on a page of the front end. @param {Stage} stage @param {import("playwright-core").BrowserContext} context @param {string} [api] */
async function explain(stage, context, api = stage.api) {
  const page = await context.newPage();
  await page.goto(stage.page("blank.html"));
  const [found, cookies] = await page.evaluate(async (baseUrl) => {
    const doctor = "/client/doctor.js";
    const findings = await (await import(doctor)).explain({ baseUrl });
    return [/** @type {{ id: string, text: string }[]} */ (findings), document.cookie];
  }, `${api}/auth/`);
  assert.ok(!/signed_in|refresh/.test(cookies), "it signs nobody in");
  return found.map(({ id, text }) => `${id}: ${text}`);
}

for (const [name, place] of Object.entries(places)) {
  test(`a set-up that is well: nothing is found: ${name}`, async (t) => {
    const stage = await openStage(t, { place });
    assert.deepEqual(await explain(stage, await stage.person()), []);
  });
}

test("an origin that is not among the allowed ones", async (t) => {
  const stage = await openStage(t, { settings: { "allowed-origins": "http://localhost:1" } });
  const app = stage.site.origin;
  assert.deepEqual(await explain(stage, await stage.person()), [
    `origin_not_allowed: Pages of ${app} may not read the server's answers: add ${app} to \`allowed_origins\`.`,
  ]);
});

test("localhost and 127.0.0.1", async (t) => {
  const stage = await openStage(t, { place: { app: "localhost", api: "127.0.0.1", tls: false } });
  assert.deepEqual(await explain(stage, await stage.person()), [
    `loopback_names: ${stage.site.origin} and ${stage.api} are different sites for browsers, because localhost and 127.0.0.1 are different names, ` +
      "so cookies are kept back: use one of the two for both.",
  ]);
});

test("a page of https that calls http", async (t) => {
  const stage = await openStage(t, { place: places.siblings });
  const plain = new FaultyProxy(null);
  await plain.open("api.example.test");
  t.after(() => plain.close());
  plain.target = stage.server.url;
  assert.deepEqual(await explain(stage, await stage.person(), plain.origin), [
    `mixed_content: Pages of ${stage.site.origin} come over https, and browsers refuse to call ${plain.origin} from them because it is http: ` +
      "serve it over https and set `public_url` to that.",
  ]);
  assert.deepEqual(plain.calls, [], "the browser let nothing through");
});

test("a browser that blocks cookies and storage", async (t) => {
  const stage = await openStage(t, { place: places.siblings });
  const context = await browserWithoutCookies(t, { tls: true });
  assert.deepEqual(await explain(stage, context), [
    `cookies_blocked: The browser does not send the cookies of ${stage.api} back, although both addresses look like one site: allow cookies in its ` +
      "settings, and let `cartouche doctor` look at them.",
  ]);
  const page = await openTab(stage, context, { away: true });
  const storage = await page.evaluate(() => {
    try {
      return String(localStorage.length);
    } catch (error) {
      return /** @type {Error} */ (error).name;
    }
  });
  assert.equal(storage, "SecurityError");
  assert.equal((await stateOf(page)).status, "anonymous", "the client starts all the same");
});
