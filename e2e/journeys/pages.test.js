// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { call } from "../harness/call.js";
import { look } from "../harness/look.js";
import { linkOf } from "../harness/mail.js";
import { alice, openStage } from "../harness/stage.js";

const newPassword = "seven green bottles hanging";

test("the page of an activation link", async (t) => {
  const stage = await openStage(t, {
    settings: { "send-activation-email": "true", "site-name": "Example", "site-url": "https://www.example.test" },
  });
  await stage.server.register(alice);
  const page = await (await stage.person()).newPage();
  const link = linkOf(await stage.server.mail(1));
  await page.goto(link);
  await look(page, "activation");
  await page.getByRole("button").click();
  await page.getByText("This field may not be blank.").waitFor();
  await look(page, "activation-refused");
  await page.getByLabel("Password", { exact: false }).first().fill(alice.password);
  await page.getByRole("button").click();
  await page.getByRole("link", { name: "Go to Example" }).waitFor();
  await look(page, "activation-done");
  await page.goto(link);
  await look(page, "activation-stale");
  await page.goto(stage.page("blank.html"));
  const login = await call(page, "POST", `${stage.api}/auth/login/`, { body: alice });
  assert.equal(login.status, 200);
});

test("the page of a password reset link", async (t) => {
  const stage = await openStage(t, { settings: { "site-name": "Example" } });
  await stage.server.register(alice);
  const page = await (await stage.person()).newPage();
  await page.goto(stage.page("blank.html"));
  const asked = await call(page, "POST", `${stage.api}/auth/users/reset_password/`, { body: { email: alice.email } });
  assert.equal(asked.status, 204);
  const link = linkOf(await stage.server.mail(1));
  await page.goto(link);
  await look(page, "reset-password");
  const fields = page.locator("input[type=password]");
  for (const field of await fields.all()) await field.fill("12345678");
  await page.getByRole("button").click();
  await page.locator("p.error").first().waitFor();
  await look(page, "reset-password-refused");
  for (const field of await fields.all()) await field.fill(newPassword);
  await page.getByRole("button").click();
  await page.getByRole("button").waitFor({ state: "detached" });
  await look(page, "reset-password-done");
  await page.goto(stage.page("blank.html"));
  for (const [password, status] of /** @type {const} */ ([
    [alice.password, 401],
    [newPassword, 200],
  ])) {
    assert.equal(
      (await call(page, "POST", `${stage.api}/auth/login/`, { body: { ...alice, password } })).status,
      status,
    );
  }
});

test("the page of a link to another username", async (t) => {
  const stage = await openStage(t);
  await stage.server.register(alice);
  const page = await (await stage.person()).newPage();
  await page.goto(stage.page("blank.html"));
  await call(page, "POST", `${stage.api}/auth/users/reset_username/`, { body: { email: alice.email } });
  await page.goto(linkOf(await stage.server.mail(1)));
  await look(page, "reset-username");
  for (const field of await page.locator("form input").all()) await field.fill("alix");
  await page.getByRole("button").click();
  await page.getByRole("button").waitFor({ state: "detached" });
  await look(page, "reset-username-done");
});

test("the page of one's devices", async (t) => {
  const stage = await openStage(t, { settings: { "site-url": "https://www.example.test" } });
  await stage.server.register(alice);
  const desk = await stage.person();
  const page = await desk.newPage();
  await page.goto(`${stage.api}/auth/devices/`);
  await page.getByText("Sign in, then come back").waitFor();
  await look(page, "devices-stranger");

  const phone = await (
    await stage.person({
      userAgent:
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
    })
  ).newPage();
  for (const one of [phone, page]) {
    await one.goto(stage.page("blank.html"));
    assert.equal(
      (await call(one, "POST", `${stage.api}/auth/login/`, { body: { ...alice, remember: true } })).status,
      200,
    );
  }
  await page.goto(`${stage.api}/auth/devices/`);
  await page.getByText("this device").waitFor();
  await look(page, "devices");
  const other = page.getByRole("listitem").filter({ hasText: "Android" });
  await other.getByText("Rename").click();
  await other.getByLabel("Name").fill("Kitchen <b>tablet</b>");
  await other.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Kitchen <b>tablet</b>" }).waitFor();
  await look(page, "devices-renamed");
  await page.getByRole("button", { name: "Sign out Kitchen" }).click();

  await page.getByText("The device is signed out.").waitFor();
  assert.equal((await call(phone, "GET", `${stage.api}/auth/session/`)).body.authenticated, false);
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByText("You are signed out").waitFor();
  await look(page, "devices-out");
});

test("the demo page", async (t) => {
  const stage = await openStage(t, { dev: true });
  const context = await stage.person();
  const page = await context.newPage();
  await page.goto(`${stage.api}/`);
  await page.getByRole("button", { name: "Create account" }).waitFor();
  await look(page, "demo");
  await page.getByLabel("Username").fill(alice.username);
  await page.getByLabel("Email").fill(alice.email);
  await page.getByLabel("Password").first().fill(alice.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: /You are alice/ }).waitFor();
  await page.getByRole("button", { name: "Ask who I am" }).click();
  await page.getByText("users/me/").first().waitFor();
  await look(page, "demo-signed-in");

  // A second tab is signed in by the cookie alone, and signed out with the first.
  const second = await context.newPage();
  await second.goto(`${stage.api}/`);
  await second.getByRole("heading", { name: /You are alice/ }).waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await second.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await page.goto(`${stage.api}/mails`);
  await look(page, "demo-mails");
});
