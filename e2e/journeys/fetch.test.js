// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { serveAPI } from "../harness/api.js";
import { alice, openStage } from "../harness/stage.js";
import { eventsOf, openTab, refreshPath, signIn, stateOf } from "../harness/tab.js";

/** @param {import("node:test").TestContext} t */
async function signedIn(t) {
  const stage = await openStage(t, { settings: { "refresh-min-age": "0s" } });
  const api = serveAPI(stage.proxy);
  await stage.server.register(alice);
  const page = await openTab(stage, await stage.person());
  await signIn(page);
  const token = await page.evaluate(() => /** @type {any} */ (window).auth.getAccessToken());
  return { stage, api, page, token, before: stage.proxy.count(refreshPath) };
}

test("a token that the API refuses: one refresh for all who were refused, and once more", async (t) => {
  const { stage, api, page, token, before } = await signedIn(t);
  api.refuse(token);
  const statuses = await page.evaluate(() => {
    const ask = () =>
      /** @type {any} */ (window).auth.fetch("/api/orders").then((/** @type {Response} */ r) => r.status);
    return Promise.all(Array.from({ length: 6 }, ask));
  });
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200]);
  assert.equal(stage.proxy.count(refreshPath) - before, 1);
  assert.equal(api.calls.length, 12);
});

test("a refusal that is not about the token: one attempt, and no loop", async (t) => {
  const { stage, api, page, before } = await signedIn(t);
  const status = await page.evaluate(() =>
    /** @type {any} */ (window).auth.fetch("/api/forbidden").then((/** @type {Response} */ r) => r.status),
  );
  assert.equal(status, 401);
  assert.equal(api.calls.length, 1);
  assert.equal(stage.proxy.count(refreshPath), before);
  assert.equal((await stateOf(page)).status, "authenticated");
  const staff = await page.evaluate(
    (url) =>
      /** @type {any} */ (window).auth.fetch(url, { method: "DELETE" }).then((/** @type {Response} */ r) => r.status),
    `${stage.api}/auth/users/77/`,
  );
  assert.ok(staff === 404 || staff === 403, `of the server itself: ${staff}, not 401`);
  assert.equal(stage.proxy.count(refreshPath), before);
});

test("an upload of 5 MB under a token that is refused arrives once, and whole", async (t) => {
  const { api, page, token } = await signedIn(t);
  api.refuse(token);
  const answer = await page.evaluate(async () => {
    const file = new Uint8Array(5 * 1024 * 1024);
    for (let i = 0; i < file.length; i += 65_536) crypto.getRandomValues(file.subarray(i, i + 65_536));
    const form = new FormData();
    form.set("name", "a film");
    form.set("file", new Blob([file]), "film.bin");
    const response = await /** @type {any} */ (window).auth.fetch("/api/films", { method: "POST", body: form });
    return response.json();
  });
  const [first, second, ...more] = api.calls;
  assert.deepEqual(more, []);
  assert.deepEqual([first?.status, second?.status], [401, 200]);
  assert.ok((second?.bytes ?? 0) > 5 * 1024 * 1024);
  assert.equal(answer.bytes, second?.bytes);
  assert.deepEqual(
    (await eventsOf(page)).filter((name) => name === "signed-out"),
    [],
  );
});

test("the token goes to no other origin", async (t) => {
  const { stage, page } = await signedIn(t);
  const asked = page.waitForRequest(`${stage.site.origin}/blank.html`);
  await page.evaluate(
    (url) => /** @type {any} */ (window).auth.fetch(url).catch(() => {}),
    `${stage.site.origin}/blank.html`,
  );
  assert.equal((await asked).headers().authorization, undefined);
});
