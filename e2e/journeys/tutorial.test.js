// @ts-check
// The app of a tutorial, typed off its page word by word.
import assert from "node:assert/strict";
import test from "node:test";
import { kept, openApp } from "../harness/app.js";
import { follow } from "../harness/quickstart.js";
import { alice } from "../harness/stage.js";

/** @param {import("playwright-core").Page} page @param {string} button @param {string} [password] */
async function enter(page, button, password = alice.password) {
  await page.getByLabel("Username").fill(alice.username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: button }).click();
}

test("React with Vite: from nothing to signed in", async (t) => {
  const app = await openApp(t, { root: follow(t, "docs/tutorials/react.md"), dev: true });
  const page = await app.person();
  await enter(page, "Sign up", "12345678");
  await page.getByText("This password is too common.").waitFor();
  await enter(page, "Sign up");
  await page.getByText("Hello, alice.").waitFor();

  const second = await page.context().newPage();
  await second.goto(app.origin);
  await second.getByText("Hello, alice.").waitFor();
  for (const tab of [page, second]) {
    const seen = await kept(tab);
    assert.ok(!/eyJ[\w-]+\.eyJ|refresh/.test(seen), `a script finds ${seen}`);
  }
  await second.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();

  await enter(page, "Sign in", "not hers at all");
  await page.getByRole("alert").getByText(/./).waitFor();
  await enter(page, "Sign in");
  await page.getByText("Hello, alice.").waitFor();
  await second.getByText("Hello, alice.").waitFor();

  // Stop the server and reload: still signed in when it comes back.
  app.proxy.fail("/auth/session/", 502);
  app.proxy.fail("/auth/refresh/", 502);
  await page.reload();
  await app.proxy.reached("/auth/session/", 1);
  app.proxy.heal();
  await page.getByText("Hello, alice.").waitFor();
});
