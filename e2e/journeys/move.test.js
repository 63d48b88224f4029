// @ts-check
// The example of a move: a front end for simplejwt as it was, and the same app with the client.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { kept, openApp } from "../harness/app.js";
import { root } from "../harness/server.js";
import { alice } from "../harness/stage.js";

const folder = join(root, "examples/axios-djoser");
const jwt = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/;
const me = "/auth/users/me/";

/** @param {import("playwright-core").Page} page @param {string} [password] */
async function signIn(page, password = alice.password) {
  await page.getByLabel("Username").fill(alice.username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** @param {import("playwright-core").Page} page */
const inside = (page) => page.getByText("You are alice.").waitFor();

test("an app with axios and simplejwt, before and after", async (t) => {
  const app = await openApp(t, {
    root: folder,
    away: true,
    settings: () => ({ config: join(folder, "cartouche.yaml") }),
  });
  await app.server.register(alice);
  /** The token of the last call that asked who somebody is. */
  const bearer = () => app.proxy.calls.findLast(({ path }) => path === me)?.headers.authorization ?? "";
  const statusOf = async (/** @type {string} */ authorization) =>
    (await fetch(app.server.url + me, { headers: { authorization } })).status;

  await t.test("before: not a line is changed, and all goes on", async () => {
    const page = await app.person("/before/");
    const refreshes = () => app.proxy.count("/auth/token/refresh/");
    await signIn(page, "not hers at all");
    await page.getByRole("alert").getByText("No active account found with the given credentials").waitFor();
    await signIn(page);
    await inside(page);
    assert.match(await kept(page), jwt);

    await page.clock.setSystemTime(Date.now() + 6 * 60_000); // by its own clock the token has run out
    await page.reload();
    await inside(page);
    assert.equal(refreshes(), 1);
    await page.clock.setSystemTime(Date.now());
    await page.evaluate(() =>
      localStorage.setItem("access", `${localStorage.getItem("access")?.slice(0, -8)}AAAAAAAA`),
    );
    await page.reload();
    await inside(page);
    assert.equal(refreshes(), 2, "and once more because the server refused one");

    const token = bearer();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await statusOf(token), 200, "the server knows nothing of its sign-out");
  });

  await t.test("after: the same, and no script finds a token", async () => {
    const page = await app.person("/after/");
    const refreshes = () => app.proxy.count("/auth/refresh/");
    await signIn(page, "not hers at all");
    await page.getByRole("alert").getByText("No active account found with the given credentials").waitFor();
    await page.clock.install();
    await page.reload();
    await signIn(page);
    await inside(page);
    assert.doesNotMatch(await kept(page), jwt);

    const before = refreshes();
    await page.clock.fastForward(4.95 * 60_000);
    await app.proxy.reached("/auth/refresh/", before + 1);
    const token = bearer();
    await page.reload();
    await inside(page);
    assert.equal(refreshes(), before + 2);
    assert.notEqual(bearer(), token);
    assert.doesNotMatch(await kept(page), jwt);

    const last = bearer();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await statusOf(last), 401, "the server has ended the session");
  });
});
