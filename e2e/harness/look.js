// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./server.js";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** How people look at a page: on a desk and on a phone, by day and by night. */
export const looks = [
  { name: "desk-light", viewport: { width: 1280, height: 800 }, colorScheme: /** @type {const} */ ("light") },
  { name: "desk-dark", viewport: { width: 1280, height: 800 }, colorScheme: /** @type {const} */ ("dark") },
  { name: "phone-light", viewport: { width: 360, height: 740 }, colorScheme: /** @type {const} */ ("light") },
  { name: "phone-dark", viewport: { width: 360, height: 740 }, colorScheme: /** @type {const} */ ("dark") },
];

/**
 * Looks at a page in every way, keeps pictures of it, and fails on whatever shuts people out.
 * @param {import("playwright-core").Page} page @param {string} name
 */
export async function look(page, name) {
  for (const { name: how, viewport, colorScheme } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(root, `e2e/screenshots/${name}-${how}.png`), fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${name}, ${how}: the page is ${wide} pixels too wide`);
    assert.deepEqual(await faults(page), [], `${name}, ${how}`);
  }
}

/** What is wrong with a page for people who do not see it, or not well. @param {import("playwright-core").Page} page @returns {Promise<string[]>} */
async function faults(page) {
  // In a world of its own, which the page's policy does not reach.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: "axe",
  });
  await session.send("Runtime.evaluate", { contextId, expression: axe });
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    contextId,
    awaitPromise: true,
    returnByValue: true,
    expression: `axe.run({ runOnly: ${JSON.stringify(tags)} }).then((found) => ({ rules: found.passes.length,
      faults: found.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.target).join(", ")) }))`,
  });
  await session.detach();
  assert.equal(exceptionDetails, undefined);
  assert.ok(result.value.rules > 5, "axe looked at hardly anything");
  return result.value.faults;
}
