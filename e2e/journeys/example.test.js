// @ts-check
// The example app, as a person uses it.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { openApp } from "../harness/app.js";
import { look } from "../harness/look.js";
import { linkOf } from "../harness/mail.js";
import { root } from "../harness/server.js";
import { alice } from "../harness/stage.js";

/** @typedef {import("playwright-core").Page} Page */

const folder = join(root, "examples/react");
const fresh = "seven green bottles hanging";

/** @param {import("node:test").TestContext} t */
const open = (t, /** @type {Record<string, string>} */ define = {}) =>
  openApp(t, {
    root: folder,
    define,
    settings: (origin) => ({
      config: join(folder, "cartouche.yaml"),
      "site-url": origin,
      "activation-url": `${origin}/activate/{uid}/{token}`,
      "password-reset-url": `${origin}/reset-password/{uid}/{token}`,
      "devices-url": `${origin}/devices`,
    }),
  });

/** @param {Page} page @param {string} link */
const follow = (page, link) => page.getByRole("link", { name: link, exact: true }).first().click();

/** Waits for a page of the app. @param {Page} page @param {string} title */
const at = (page, title) => page.getByRole("heading", { level: 1, name: title }).waitFor();

/** @param {Page} page @param {{ remember?: boolean, password?: string }} [how] */
async function signIn(page, { remember = false, password = alice.password } = {}) {
  await page.getByLabel("E-mail").fill(alice.email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  if (remember) await page.getByLabel("Stay signed in").check();
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** @param {Page} page */
async function signUp(page) {
  await follow(page, "Sign up");
  await page.getByLabel("First name").fill("Alice");
  await page.getByLabel("E-mail").fill(alice.email);
  await page.getByLabel("Password", { exact: true }).fill(alice.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await at(page, "Profile");
}

test("somebody signs up, changes the profile, and comes back", async (t) => {
  const app = await open(t);
  const page = await app.person();
  await at(page, "Harbour");
  await look(page, "example-home");
  await follow(page, "Sign up");
  await look(page, "example-sign-up");
  await page.getByLabel("E-mail").fill(alice.email);
  await page.getByLabel("Password", { exact: true }).fill("12345678");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByText("This password is too common.").waitFor();
  await look(page, "example-sign-up-refused");
  await signUp(page);
  await page.getByLabel("Last name").fill("Liddell");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await look(page, "example-profile");
  await page.reload();
  await at(page, "Profile");
  assert.equal(await page.getByLabel("Last name").inputValue(), "Liddell");
});

test("a page for members asks a stranger to sign in, and shows itself then", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const page = await app.person();
  await page.goto(`${app.origin}/devices`);
  await at(page, "Sign in");
  await look(page, "example-sign-in");
  await signIn(page, { password: "not hers at all" });
  await page.getByText("E-mail or password is wrong.").waitFor();
  await look(page, "example-sign-in-refused");
  await signIn(page);
  await at(page, "Devices");
});

test("Strict Mode, which mounts everything twice: one refresh for a page that is opened", async (t) => {
  const app = await open(t, { "process.env.NODE_ENV": '"development"' }); // elsewhere Strict Mode does nothing
  await app.server.register(alice);
  const page = await app.person();
  await page.addInitScript(() => {
    const listen = window.addEventListener;
    Object.assign(window, { routers: 0 });
    window.addEventListener = (/** @type {[any, any, any]} */ ...what) => {
      if (what[0] === "popstate") /** @type {any} */ (window).routers++;
      listen.apply(window, what);
    };
  });
  await follow(page, "Sign in");
  await signIn(page, { remember: true });
  await at(page, "Profile");
  const before = app.proxy.calls.length;
  await page.reload();
  await at(page, "Profile");
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).routers), 2, "the router was mounted twice");
  await follow(page, "Devices");
  await page.getByText("this device only").waitFor(); // which takes a token, so whatever the boot asked is answered
  const calls = app.proxy.calls.slice(before).map(({ path }) => path);
  assert.deepEqual(
    calls.filter((path) => path !== "/auth/sessions/"),
    ["/auth/session/", "/auth/refresh/"],
  );
});

test("two tabs are in step", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const one = await app.person();
  const two = await one.context().newPage();
  await two.goto(app.origin);
  await follow(one, "Sign in");
  await signIn(one, { remember: true });
  await at(one, "Profile");
  await two.getByRole("button", { name: "Sign out" }).waitFor();
  await two.getByRole("button", { name: "Sign out" }).click();
  await at(one, "Sign in");
});

test("a changed password signs the other devices out, and they say why", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const [desk, phone] = [await app.person(), await app.person()];
  for (const page of [desk, phone]) {
    await follow(page, "Sign in");
    await signIn(page);
    await at(page, "Profile");
  }
  await follow(desk, "Password");
  await at(desk, "Password");
  await look(desk, "example-password");
  await desk.getByLabel("Current password", { exact: true }).fill(alice.password);
  await desk.getByLabel("New password", { exact: true }).fill(fresh);
  await desk.getByRole("button", { name: "Change password" }).click();
  await desk.getByText("your other devices are signed out").waitFor();
  await phone.reload();
  await at(phone, "Sign in");
  await phone.getByText("Your password was changed").waitFor();
  await look(phone, "example-ended");
  await desk.reload();
  await at(desk, "Password");
});

test("a forgotten password is set anew through the mailed link", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const page = await app.person();
  await follow(page, "Sign in");
  await follow(page, "Forgot your password?");
  await look(page, "example-forgot");
  await page.getByLabel("E-mail").fill(alice.email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await page.getByText("a link is on its way").waitFor();
  const link = linkOf(await app.server.mail(1));
  assert.ok(link.startsWith(app.origin), `the mail leads to ${link}`);
  await page.goto(link);
  await look(page, "example-reset");
  await page.getByLabel("New password", { exact: true }).fill(fresh);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByText("Your password is changed").waitFor();
  await page.goto(link);
  await page.getByLabel("New password", { exact: true }).fill(`${fresh} again`);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByText("This link is used or too old.").waitFor();
  await follow(page, "Sign in");
  await signIn(page, { password: fresh });
  await at(page, "Profile");
});

test("somebody signs another device out", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const [desk, phone] = [await app.person(), await app.person()];
  for (const page of [desk, phone]) {
    await follow(page, "Sign in");
    await signIn(page);
    await at(page, "Profile");
  }
  await follow(desk, "Devices");
  await desk.getByText("You are signed in on 2 devices.").waitFor();
  await look(desk, "example-devices");
  await desk.getByRole("button", { name: /^Sign out Chrom/ }).click();
  await desk.getByText("this device only").waitFor();
  await phone.reload();
  await phone.getByText("You signed this device out from another one.").waitFor();
});

test("a dead server signs nobody out", async (t) => {
  const app = await open(t);
  await app.server.register(alice);
  const page = await app.person();
  await follow(page, "Sign in");
  await signIn(page, { remember: true });
  await at(page, "Profile");
  app.proxy.fail("/auth/session/", 502);
  app.proxy.fail("/auth/refresh/", 502);
  await page.reload();
  await page.getByText("The server does not answer.").waitFor();
  await look(page, "example-no-server");
  app.proxy.heal();
  await at(page, "Profile");
});

test("an account is deleted for good", async (t) => {
  const app = await open(t);
  const page = await app.person();
  await signUp(page);
  await page.getByText("Delete this account").click();
  await page.getByLabel("Current password", { exact: true }).fill(alice.password);
  await page.getByRole("button", { name: "Delete for good" }).click();
  await at(page, "Sign in");
  await signIn(page);
  await page.getByText("E-mail or password is wrong.").waitFor();
  assert.equal((await app.server.rows()).users, 0);
});
