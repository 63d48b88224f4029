// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { call } from "../harness/call.js";
import { alice, jar, openStage, places, wantCookie } from "../harness/stage.js";

const tables = {
  local: {
    refresh: ["dev_refresh", { httpOnly: true, secure: false, sameSite: "Lax", path: "/", domain: "localhost" }],
    csrf: ["csrftoken", { httpOnly: false, secure: false, sameSite: "Lax", path: "/", domain: "localhost" }],
    hint: [
      "signed_in",
      { httpOnly: false, secure: false, sameSite: "Lax", path: "/", domain: "localhost", value: "1" },
    ],
    readable: true,
  },
  siblings: {
    refresh: [
      "__Host-Http-refresh",
      { httpOnly: true, secure: true, sameSite: "Strict", path: "/", domain: "api.example.test" },
    ],
    csrf: ["__Host-csrf", { httpOnly: false, secure: true, sameSite: "Lax", path: "/", domain: "api.example.test" }],
    hint: [
      "__Host-signed_in",
      { httpOnly: false, secure: true, sameSite: "Strict", path: "/", domain: "api.example.test", value: "1" },
    ],
    readable: false,
  },
};

for (const [name, table] of Object.entries(tables)) {
  test(`native routes from a page of another origin: ${name}`, async (t) => {
    const stage = await openStage(t, { place: places[/** @type {keyof typeof places} */ (name)] });
    await stage.server.register(alice);
    const context = await stage.person();
    const page = await context.newPage();
    await page.goto(stage.page("blank.html"));
    const auth = `${stage.api}/auth/`;

    const stranger = await call(page, "GET", `${auth}session/`);
    assert.deepEqual([stranger.status, stranger.body], [200, { authenticated: false }]);
    assert.ok(stranger.headers.date, "the page can read the server's time");
    const login = await call(page, "POST", `${auth}login/`, { body: { ...alice, remember: true } });
    assert.equal(login.status, 200);
    assert.equal(login.headers["x-csrftoken"], login.body.csrf_token, "the page can read the CSRF token in the header");
    assert.ok(login.headers["x-request-id"]);

    const cookies = await jar(context);
    for (const kind of /** @type {const} */ (["refresh", "csrf", "hint"])) {
      const [cookie, want] = /** @type {[string, object]} */ (table[kind]);
      wantCookie(cookies, cookie, want);
      const left = (cookies[cookie]?.expires ?? 0) - Date.now() / 1000;
      assert.ok(Math.abs(left - 14 * 24 * 3600) < 120, `${cookie} lives ${left} seconds, want two weeks`);
    }
    const read = await page.evaluate(() => document.cookie);
    assert.equal(read.includes("signed_in=1"), table.readable, `the page reads ${read}`);
    assert.ok(!read.includes("refresh"), "no script reads the refresh token");

    const me = await call(page, "GET", `${auth}users/me/`, { bearer: login.body.access });
    assert.equal(me.body.username, "alice");
    const refused = await call(page, "POST", `${auth}refresh/`);
    assert.deepEqual([refused.status, refused.body.code], [403, "csrf_failed"]);
    const refreshed = await call(page, "POST", `${auth}refresh/`, { csrf: login.body.csrf_token });
    assert.equal(refreshed.status, 200);
    const again = await page.reload().then(() => call(page, "GET", `${auth}session/`));
    assert.equal(again.body.user.username, "alice");

    // A page that closes signs out with nothing but its cookie.
    const out = await call(page, "POST", `${auth}logout/`, { csrf: again.headers["x-csrftoken"], keepalive: true });
    assert.equal(out.status, 204);
    assert.deepEqual(
      Object.keys(await jar(context)).filter((cookie) => !cookie.endsWith("device")),
      [],
    );
    const dead = await call(page, "GET", `${auth}users/me/`, { bearer: refreshed.body.access });
    assert.equal(dead.status, 401);
    const twice = await call(page, "POST", `${auth}logout/`);
    assert.equal(twice.status, 204);
  });
}

test("until the browser closes: cookies without a life", async (t) => {
  const stage = await openStage(t);
  await stage.server.register(alice);
  const context = await stage.person();
  const page = await context.newPage();
  await page.goto(stage.page("blank.html"));
  await call(page, "POST", `${stage.api}/auth/login/`, { body: { ...alice, remember: false } });
  const cookies = await jar(context);
  for (const name of ["dev_refresh", "csrftoken", "signed_in"]) wantCookie(cookies, name, { expires: -1 });
});
