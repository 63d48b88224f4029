// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { alice, jar, openStage, wantCookie } from "../harness/stage.js";

const lax = { secure: false, sameSite: /** @type {const} */ ("Lax"), path: "/" };
const hidden = { ...lax, httpOnly: true };
const readable = { ...lax, httpOnly: false };

/**
 * Each dialect as its front end speaks it. `cookies` are those of the server after the sign-in; `expire` makes the front end find its access token over, and
 * `refresh` is the path that it must then call, once.
 * @typedef {{ page: import("playwright-core").Page, context: import("playwright-core").BrowserContext }} Person
 * @typedef {{ cookies: Record<string, object>, refresh: string, expire: (person: Person) => Promise<unknown>, atHome?: boolean, loses?: string }} Dialect
 */

/** @param {string} name @returns {Dialect["expire"]} */
const dropCookie =
  (name) =>
  ({ context }) =>
    context.clearCookies({ name });
/** @param {number} minutes @returns {Dialect["expire"]} */
const minutesLater =
  (minutes) =>
  ({ page }) =>
    page.clock.setSystemTime(Date.now() + minutes * 60_000);

/** @type {Record<string, Dialect>} */
const dialects = {
  djoser: {
    atHome: true,
    cookies: { dev_refresh: { ...hidden, expires: -1 }, csrftoken: { ...readable, expires: -1 }, signed_in: readable },
    refresh: "/auth/jwt/refresh/",
    expire: dropCookie("access_token"),
  },
  hybrid: {
    cookies: { refreshtoken: hidden, csrftoken: readable },
    refresh: "/accounts/refresh_token",
    expire: ({ page }) => page.reload(), // which empties the memory where the token was
  },
  cookie: {
    cookies: { access_token: hidden, refresh_token: { ...hidden, path: "/accounts/auth/" }, csrftoken: readable },
    refresh: "/accounts/auth/refresh_token/",
    expire: dropCookie("access_token"),
  },
  "react-cookie": {
    cookies: { access_token: hidden, refresh: hidden, csrftoken: readable },
    refresh: "/refresh/",
    expire: dropCookie("access_token"),
  },
  simplejwt: { cookies: {}, refresh: "/auth/token/refresh/", expire: minutesLater(6) },
  "drf-jwt": { cookies: {}, refresh: "/auth/refresh-token/", expire: minutesLater(4) },
  "dj-rest-auth": {
    cookies: { "jwt-auth": hidden, "jwt-refresh": hidden, csrftoken: readable },
    refresh: "/dj-rest-auth/token/refresh/",
    expire: dropCookie("jwt-auth"),
  },
};

/** Waits until the page says this. @param {import("playwright-core").Page} page @param {string} text */
const says = (page, text) => page.locator("#says").getByText(text, { exact: true }).waitFor();

/** @param {import("playwright-core").Page} page @param {string} password */
async function signIn(page, password) {
  await page.getByLabel("Username").fill(alice.username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The server's cookies in a jar: not those of the script, nor the one by which limits know a browser. @param {Person["context"]} context */
async function serverCookies(context) {
  const script = ["access_token", "refresh_token", "dev_device"];
  return Object.entries(await jar(context)).filter(([name, cookie]) =>
    cookie.httpOnly ? name !== "dev_device" : !script.includes(name),
  );
}

for (const [as, dialect] of Object.entries(dialects)) {
  test(`the front end of ${as}`, async (t) => {
    const stage = await openStage(t, { settings: { dialects: as } });
    await stage.server.register(alice);
    const context = await stage.person();
    const page = await context.newPage();
    await page.goto(`${dialect.atHome ? stage.homePage("front.html") : stage.page("front.html")}&as=${as}`);
    await says(page, "nobody");
    await signIn(page, "wrong");
    await says(page, "refused");
    await signIn(page, alice.password);
    await says(page, "alice");

    const cookies = await jar(context);
    assert.deepEqual((await serverCookies(context)).map(([name]) => name).sort(), Object.keys(dialect.cookies).sort());
    for (const [name, want] of Object.entries(dialect.cookies)) wantCookie(cookies, name, want);
    const seen = await page.evaluate(() => document.cookie);
    for (const [name, cookie] of Object.entries(cookies)) {
      if (cookie.httpOnly) assert.ok(!seen.includes(`${name}=`), `a script reads ${name}`);
    }

    const before = stage.proxy.count(dialect.refresh);
    await dialect.expire({ page, context });
    await page.getByRole("button", { name: "Who am I?" }).click();
    await says(page, "alice");
    assert.equal(stage.proxy.count(dialect.refresh) - before, 1, `${dialect.refresh} was asked`);
    await page.reload();
    await says(page, "alice");

    await page.getByRole("button", { name: "Sign out" }).click();
    await says(page, "nobody");
    assert.deepEqual(await serverCookies(context), []);
    await page.reload();
    await says(page, "nobody");
  });
}
