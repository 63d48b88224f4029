// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { forge, plunder } from "../harness/attack.js";
import { call } from "../harness/call.js";
import { certificate } from "../harness/certificate.js";
import { operations } from "../harness/interface.js";
import { startSite } from "../harness/site.js";
import { alice, jar, openStage, places } from "../harness/stage.js";

/** @typedef {Awaited<ReturnType<typeof openStage>>} Stage */

/** Signs in from a page, by the native routes. @param {Stage} stage @param {import("playwright-core").BrowserContext} context */
async function victim(stage, context) {
  const page = await context.newPage();
  await page.goto(stage.page("blank.html"));
  const login = await call(page, "POST", `${stage.api}/auth/login/`, { body: { ...alice, remember: true } });
  assert.equal(login.status, 200);
  return { page, csrf: /** @type {string} */ (login.body.csrf_token) };
}

/** What no script may ever hold: the values of the cookies that are HttpOnly. @param {import("playwright-core").BrowserContext} context */
const secrets = async (context) => Object.values(await jar(context)).filter((cookie) => cookie.httpOnly);

for (const place of /** @type {const} */ (["local", "siblings"])) {
  for (const carrier of ["body", "cookie"]) {
    test(`injected script (XSS) finds no token: ${place}, access token in the ${carrier}`, async (t) => {
      const stage = await openStage(t, { place: places[place], settings: { "access-carrier": carrier } });
      await stage.server.register(alice);
      const context = await stage.person();
      const { page, csrf } = await victim(stage, context);
      const before = await secrets(context);
      assert.equal(
        before.length,
        carrier === "cookie" ? 3 : 2,
        "refresh token, device, and the access token where it is one",
      );
      const gets = (await operations(stage.server.url)).filter(
        ({ method, path }) => method === "GET" && !path.includes("revocations"),
      );
      const found = await plunder(page, { api: stage.api, csrf, paths: gets.map(({ path }) => path) });
      assert.ok(found.length > 20, "the attack has looked around");
      assert.ok(
        found.some((text) => text.includes("csrf_token")),
        "it did act in the victim's name: that, nobody can keep from it",
      );
      for (const cookie of [...before, ...(await secrets(context))]) {
        assert.deepEqual(
          found.filter((text) => text.includes(cookie.value)),
          [],
          `${cookie.name} was found`,
        );
      }
      if (carrier === "cookie") assert.ok(!found.some((text) => /eyJ[\w-]+\.eyJ/.test(text)), "no answer has a token");
    });
  }
}

test("a script of a sibling host cannot plant cookies (tossing)", async (t) => {
  const stage = await openStage(t, { place: places.siblings });
  await stage.server.register(alice);
  const context = await stage.person();
  const { page } = await victim(stage, context);
  const before = await jar(context);
  await page.evaluate((names) => {
    for (const name of names) {
      for (const scope of ["; domain=example.test", "; domain=api.example.test", ""]) {
        // biome-ignore lint/suspicious/noDocumentCookie: the attack
        document.cookie = `${name}=evil; path=/; secure${scope}`;
      }
    }
  }, Object.keys(before));
  const sent = (await context.cookies(stage.api)).map(({ name, value }) => [name, value]);
  assert.deepEqual(
    Object.fromEntries(sent),
    Object.fromEntries(Object.values(before).map(({ name, value }) => [name, value])),
  );
  assert.equal((await call(page, "GET", `${stage.api}/auth/session/`)).body.authenticated, true);
});

for (const evil of ["other.test", "evil.example.test"]) {
  test(`a page of ${evil} gets nothing done in the victim's name (CSRF)`, async (t) => {
    const dialects = "djoser,simplejwt,hybrid,cookie,react-cookie,drf-jwt,dj-rest-auth";
    const stage = await openStage(t, { place: places.siblings, settings: { dialects } });
    const site = await startSite(evil, certificate());
    t.after(() => site.close());
    await stage.server.register(alice);
    const context = await stage.person();
    const { page } = await victim(stage, context);
    for (const path of ["accounts/login", "accounts/auth/login/", "login/", "dj-rest-auth/login/"]) {
      assert.equal((await call(page, "POST", `${stage.api}/${path}`, { body: alice })).status, 200, path);
    }
    const [jarBefore, rowsBefore] = [await jar(context), await stage.server.rows()];
    const done = stage.proxy.calls.length;

    const lair = await context.newPage();
    await lair.goto(`${site.origin}/blank.html`);
    const targets = (await operations(stage.server.url)).filter(({ method }) => method !== "GET");
    assert.ok(targets.length > 50, `the interface has ${targets.length} unsafe operations`);
    await forge(lair, { api: stage.api, targets });

    const calls = stage.proxy.calls.slice(done);
    const forms = calls.filter(({ method, headers }) => method === "POST" && headers["sec-fetch-mode"] === "navigate");
    const posts = targets.filter(({ method }) => method === "POST").map(({ path }) => path);
    assert.deepEqual(
      [...new Set(posts)].filter((path) => !forms.some((form) => form.path === path)),
      [],
      "a form arrived at each",
    );
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
      const arrived = calls.filter(({ headers }) => headers["content-type"]?.startsWith(type)).map(({ path }) => path);
      assert.deepEqual(
        [...new Set(posts)].filter((path) => !arrived.includes(path)),
        [],
        `${type} arrived at each`,
      );
    }
    assert.deepEqual(
      calls.filter(({ status }) => status < 400).map(({ method, path, status }) => `${method} ${path} ${status}`),
      [],
    );
    assert.deepEqual(await stage.server.rows(), rowsBefore);
    assert.deepEqual(await jar(context), jarBefore);
    assert.equal((await call(page, "GET", `${stage.api}/auth/session/`)).body.authenticated, true);
    assert.equal((await call(page, "GET", `${stage.api}/dj-rest-auth/user/`)).body.username, alice.username);
  });
}
