// @ts-check
import { execFileSync } from "node:child_process";
import { root } from "./server.js";

/** @typedef {{ key: string, cert: string, spki: string }} Certificate */

/** @type {Certificate | undefined} */
let made;

/** A certificate for localhost, example.test and other.test, the same for all tests of one file. @returns {Certificate} */
export function certificate() {
  made ??= JSON.parse(execFileSync("go", ["run", "./e2e/certificate"], { cwd: root, encoding: "utf8" }));
  return /** @type {Certificate} */ (made);
}
