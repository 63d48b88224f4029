// Every link of the documentation leads to a file that is there, and to a heading in it. `npm run check -w docs`.
import { deepEqual } from "node:assert/strict";
import test from "node:test";
import { brokenLinks, slug, wrong } from "./links.js";

test("every link leads somewhere", () => {
  deepEqual(brokenLinks(["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]), []);
});

test("a link that leads nowhere is told", () => {
  deepEqual(wrong("docs/README.md", "nowhere.md"), "docs/README.md: nowhere.md leads nowhere");
  deepEqual(wrong("docs/README.md", "#nowhere"), "docs/README.md: #nowhere: there is no such heading");
  deepEqual(wrong("docs/README.md", "https://example.com/nowhere"), "");
});

test("headings get the names that GitHub gives them", () => {
  deepEqual(slug("Move to PostgreSQL, or back"), "move-to-postgresql-or-back");
  deepEqual(slug("`cartouche keys rotate`"), "cartouche-keys-rotate");
});
