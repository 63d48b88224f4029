// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { alice, bob, jar, openStage } from "../harness/stage.js";
import { becomes, eventsOf, gate, hears, openTab, refresh, refreshPath, signIn, stateOf } from "../harness/tab.js";

/** The token of a tab is due after so many minutes, and dies after five. */
const due = 4.95 * 60_000;

/** @param {import("node:test").TestContext} t */
async function fiveTabs(
  t,
  /** @type {object} */ options = {},
  /** @type {(() => void) | undefined} */ script = undefined,
) {
  const stage = await openStage(t);
  await stage.server.register(alice);
  const context = await stage.person();
  if (script) await context.addInitScript(script);
  await context.clock.install();
  const first = await openTab(stage, context, { options });
  await signIn(first);
  const tabs = [first];
  while (tabs.length < 5) tabs.push(await openTab(stage, context, { options }));
  for (const tab of tabs) await becomes(tab, "authenticated");
  return { stage, context, tabs, before: stage.proxy.count(refreshPath) };
}

test("five tabs, one expiry: exactly one refresh", async (t) => {
  const { stage, context, tabs, before } = await fiveTabs(t, { timeouts: { lockMs: 30_000 } });
  const { opened, open } = gate();
  stage.proxy.fail(refreshPath, opened, 1);
  const seen = await Promise.all(tabs.map((tab) => eventsOf(tab)));
  await context.clock.fastForward(due);
  await /** @type {import("playwright-core").Page} */ (tabs[0]).waitForFunction(async (all) => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return held.length + pending.length === all; // one asks, and the others wait for it
  }, tabs.length);
  await context.clock.fastForward(100); // who has waited no time to speak of does not listen for the token of the tab that had the lock
  open();
  for (const [n, tab] of tabs.entries()) {
    await tab.waitForFunction(
      (count) =>
        /** @type {any} */ (window).events.filter((/** @type {any} */ e) => e.name === "token-refreshed").length >
        count,
      seen[n]?.filter((name) => name === "token-refreshed").length ?? 0,
    );
    assert.equal((await stateOf(tab)).username, "alice");
  }
  assert.equal(stage.proxy.count(refreshPath) - before, 1);
});

test("without locks: at most one refresh for each tab, and nobody is signed out", async (t) => {
  const noLocks = () => Object.defineProperty(navigator, "locks", { value: undefined });
  const { stage, context, tabs, before } = await fiveTabs(t, {}, noLocks);
  await context.clock.fastForward(due);
  await stage.proxy.reached(refreshPath, before + 1);
  for (const tab of tabs) assert.equal(await refresh(tab), "ok");
  for (const tab of tabs) assert.equal((await stateOf(tab)).username, "alice");
  const refreshes = stage.proxy.count(refreshPath) - before - tabs.length; // those that were asked for by hand apart
  assert.ok(refreshes >= 1 && refreshes <= 5, `${refreshes} refreshes`);
});

test("a tab that hangs with the lock holds the others up for three seconds", async (t) => {
  const stage = await openStage(t);
  await stage.server.register(alice);
  const context = await stage.person();
  const holder = await openTab(stage, context);
  await signIn(holder);
  const page = await openTab(stage, context);
  await becomes(page, "authenticated");
  await holder.evaluate(
    (name) =>
      new Promise((resolve) => {
        navigator.locks.request(name, () => {
          resolve(undefined);
          return new Promise(() => {});
        });
      }),
    `cartouche:${stage.api}/auth/:refresh`,
  );
  const session = await context.newCDPSession(holder);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  const before = stage.proxy.count(refreshPath);
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1000);
  const done = refresh(page);
  await page.clock.runFor(2_900);
  assert.equal(stage.proxy.count(refreshPath), before, "it waits for the lock");
  await page.clock.runFor(200);
  assert.equal(await done, "ok");
  assert.equal(stage.proxy.count(refreshPath), before + 1);
});

test("a sign-out in one tab ends the others, and what they had under way", async (t) => {
  const stage = await openStage(t, { settings: { "refresh-min-age": "0s" } });
  await stage.server.register(alice);
  const context = await stage.person();
  const first = await openTab(stage, context);
  await signIn(first);
  const second = await openTab(stage, context);
  await becomes(second, "authenticated");
  const { opened, open } = gate();
  stage.proxy.fail(refreshPath, opened, 1);
  const late = refresh(second);
  await first.evaluate(() => /** @type {any} */ (window).auth.signOut());
  await becomes(second, "anonymous");
  assert.equal((await stateOf(second)).reason, "user");
  open();
  await late;
  assert.equal((await stateOf(second)).status, "anonymous", "the answer that came late signs nobody in");
  assert.deepEqual(
    (await eventsOf(second)).filter((name) => name === "signed-out"),
    ["signed-out"],
  );
  const again = await openTab(stage, context);
  assert.equal((await stateOf(again)).status, "anonymous");
});

test("another user in one tab is another user in all", async (t) => {
  const stage = await openStage(t);
  await stage.server.register(alice);
  await stage.server.register(bob);
  const context = await stage.person();
  const first = await openTab(stage, context);
  await signIn(first);
  const second = await openTab(stage, context);
  await becomes(second, "authenticated");
  await signIn(first, bob);
  await hears(second, "user-changed");
  assert.equal((await stateOf(second)).username, "bob");
  const me = await second.evaluate(() => /** @type {any} */ (window).auth.user.get());
  assert.equal(me.username, "bob", "and its requests are the new one's");
  assert.ok((await jar(context)).signed_in);
});
