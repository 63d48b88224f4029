// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { alice, openStage, places } from "../harness/stage.js";
import { becomes, eventsOf, hears, openTab, refresh, refreshPath, signIn, stateOf } from "../harness/tab.js";

const minute = 60_000;

/** A tab that is signed in, on a clock of its own. @param {import("node:test").TestContext} t @param {object} [options] */
async function oneTab(t, options = {}) {
  const stage = await openStage(t, { settings: { "refresh-min-age": "0s" } }); // each refresh takes a step
  await stage.server.register(alice);
  const context = await stage.person();
  await context.clock.install();
  const page = await openTab(stage, context, { options });
  await signIn(page);
  await becomes(page, "authenticated");
  return { stage, context, page };
}

test("an answer that is lost after the server took the step: the next refresh succeeds", async (t) => {
  const { stage, page } = await oneTab(t);
  stage.proxy.fail(refreshPath, "drop"); // for good, because browsers themselves send once more what they sent on a connection that had idled
  assert.equal(await refresh(page), "network");
  assert.ok(stage.proxy.count(refreshPath) > 0, "the server has answered");
  stage.proxy.heal();
  assert.deepEqual(await stateOf(page), { status: "authenticated", stale: true, reason: null, username: "alice" });
  assert.equal(await refresh(page), "ok");
  assert.equal(await refresh(page), "ok");
  assert.equal((await stateOf(page)).stale, false);
});

test("a minute of 502: still signed in, and no hail of calls", async (t) => {
  const { stage, page } = await oneTab(t);
  const before = stage.proxy.count(refreshPath);
  stage.proxy.fail(refreshPath, 502);
  await page.clock.fastForward(4.95 * minute);
  await hears(page, "refresh-failed");
  for (let second = 0; second < 60; second++) await page.clock.runFor(1000);
  const calls = stage.proxy.count(refreshPath) - before;
  assert.ok(calls >= 2 && calls <= 12, `${calls} calls in a minute`);
  assert.deepEqual(await stateOf(page), { status: "authenticated", stale: true, reason: null, username: "alice" });
  stage.proxy.heal();
  assert.equal(await refresh(page), "ok");
  assert.ok(!(await eventsOf(page)).includes("signed-out"));
});

test("ten minutes offline: signed in again as soon as the network is back", async (t) => {
  const { stage, context, page } = await oneTab(t);
  await context.setOffline(true);
  await page.clock.fastForward(10 * minute);
  await hears(page, "refresh-failed");
  assert.equal((await stateOf(page)).status, "authenticated");
  const before = stage.proxy.count(refreshPath);
  await page.clock.pauseAt(Date.now() + 60 * minute); // from here on no time passes, so nothing but the event can do it
  await context.setOffline(false);
  await stage.proxy.reached(refreshPath, before + 1);
  await page.waitForFunction(() => !(/** @type {any} */ (window).auth.state.stale));
  assert.equal((await stateOf(page)).username, "alice");
});

for (const hours of [5, -5]) {
  test(`a clock that is ${hours} hours off, and jumps: as many refreshes as without`, async (t) => {
    const { stage, page } = await oneTab(t);
    const before = stage.proxy.count(refreshPath);
    await page.clock.setSystemTime(Date.now() + hours * 60 * minute);
    await page.evaluate(() => /** @type {any} */ (window).auth.getAccessToken());
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.evaluate(() => /** @type {any} */ (window).auth.refresh());
    assert.equal(stage.proxy.count(refreshPath), before, "nothing was due");
    await page.clock.fastForward(4.95 * minute);
    await stage.proxy.reached(refreshPath, before + 1);
    await page.waitForFunction(() => !(/** @type {any} */ (window).auth.state.refreshing));
    assert.equal(stage.proxy.count(refreshPath), before + 1);
  });
}

test("a sign-out without a network: the server hears of it later", async (t) => {
  const { stage, context, page } = await oneTab(t);
  const rows = await stage.server.rows();
  await context.setOffline(true);
  await page.evaluate(() => void (/** @type {any} */ (window).auth.signOut()));
  await becomes(page, "anonymous");
  assert.deepEqual(await stage.server.rows(), rows, "the server knows nothing yet");
  await context.setOffline(false);
  await stage.proxy.reached("/auth/logout/", 1);
  await page.waitForFunction(() => !document.cookie.includes("signed_in"));
  const later = await openTab(stage, context);
  assert.equal((await stateOf(later)).status, "anonymous");
});

test("a sign-out without a network, and the page is closed: the next visit tells the server", async (t) => {
  const { stage, context, page } = await oneTab(t);
  await context.setOffline(true);
  await page.evaluate(() => void (/** @type {any} */ (window).auth.signOut()));
  await becomes(page, "anonymous");
  await page.close();
  await context.setOffline(false);
  const later = await openTab(stage, context);
  assert.equal((await stateOf(later)).status, "anonymous", "nobody is signed in by the cookie that is still there");
  await stage.proxy.reached("/auth/logout/", 1);
  assert.equal(stage.proxy.calls.find(({ path }) => path === "/auth/logout/")?.status, 204);
});

for (const portal of /** @type {const} */ (["portal", "redirect"])) {
  test(`the page of a captive portal signs nobody out: ${portal}`, async (t) => {
    const { stage, page } = await oneTab(t);
    stage.proxy.fail(refreshPath, portal);
    assert.equal(await refresh(page), "bad_response");
    assert.deepEqual(await stateOf(page), { status: "authenticated", stale: false, reason: null, username: "alice" });
    stage.proxy.heal();
    assert.equal(await refresh(page), "ok");
  });
}

test("a CSRF token that is no good any more: another one, and once more", async (t) => {
  const { stage, context, page } = await oneTab(t);
  await context.clearCookies({ name: "csrftoken" });
  const [refreshes, tokens] = [stage.proxy.count(refreshPath), stage.proxy.count("/auth/csrf/")];
  assert.equal(await refresh(page), "ok");
  assert.equal(stage.proxy.count(refreshPath) - refreshes, 2);
  assert.equal(stage.proxy.count("/auth/csrf/") - tokens, 1);
});

test("a page that was frozen for hours: one refresh, and no error", async (t) => {
  const { stage, context, page } = await oneTab(t);
  const before = stage.proxy.count(refreshPath);
  const session = await context.newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  const slept = page.clock.fastForward(3 * 60 * minute); // the timers of a frozen page wait
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await slept;
  await stage.proxy.reached(refreshPath, before + 1);
  await page.waitForFunction(() => !(/** @type {any} */ (window).auth.state.refreshing));
  assert.deepEqual(await stateOf(page), { status: "authenticated", stale: false, reason: null, username: "alice" });
  assert.equal(stage.proxy.count(refreshPath), before + 1);
  assert.ok(!(await eventsOf(page)).includes("refresh-failed"));
});

test("app and api on sibling hosts: the CSRF token comes out of answers", async (t) => {
  const stage = await openStage(t, { place: places.siblings });
  await stage.server.register(alice);
  const context = await stage.person();
  const page = await openTab(stage, context, { away: true });
  await signIn(page);
  assert.ok(!(await page.evaluate(() => document.cookie)).includes("csrf"), "the page cannot read the cookie");
  assert.equal(await refresh(page), "ok");
  await page.reload();
  await page.waitForFunction(() => /** @type {any} */ (window).auth?.state.status === "authenticated");
  const again = await openTab(stage, context, { away: true });
  assert.equal((await stateOf(again)).username, "alice");
  await page.evaluate(() => /** @type {any} */ (window).auth.signOut());
  await becomes(again, "anonymous");
  assert.equal(stage.proxy.calls.filter(({ status }) => status === 403).length, 0, "nothing was refused on the way");
});

test("a refresh that hangs ends with a time-out, and the session goes on", async (t) => {
  const { stage, page } = await oneTab(t);
  stage.proxy.fail(refreshPath, "hang", 1);
  const before = stage.proxy.count(refreshPath);
  await page.clock.pauseAt(Date.now() + minute);
  const done = refresh(page);
  await stage.proxy.reached(refreshPath, before + 1);
  await page.clock.runFor(10_000);
  assert.equal(await done, "timeout");
  assert.equal((await stateOf(page)).status, "authenticated");
  assert.equal(await refresh(page), "ok");
});
