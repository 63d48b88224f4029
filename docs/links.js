// The links of the documentation: where each one leads, and whether there is something there.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pages, root } from "./blocks.js";

const scheme = /^[a-z][a-z+.-]*:/i;

/** The name of a heading in a link, as GitHub and our site make it. */
export function slug(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}

/** The text of a page without its blocks of code. */
function prose(page) {
  return readFileSync(join(root, page), "utf8").replace(/^ *```.*?^ *```/gms, "");
}

/** Every name that a link to the page may have after the #. */
function anchors(page) {
  const names = new Map();
  return new Set(
    [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
      const name = slug(heading);
      const times = names.get(name) ?? 0;
      names.set(name, times + 1);
      return times === 0 ? name : `${name}-${times}`;
    }),
  );
}

/** What is wrong with a link of a page; empty when nothing is. Other sites are not asked. */
export function wrong(page, link) {
  if (scheme.test(link)) return "";
  const [path, anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return `${page}: ${link} leads nowhere`;
  if (anchor !== undefined && !anchors(target).has(anchor)) return `${page}: ${link}: there is no such heading`;
  return "";
}

/** What is wrong with the links of the pages and of other files. */
export function brokenLinks(others) {
  const found = [];
  for (const page of [...pages(), ...others]) {
    const text = prose(page).replace(/`[^`\n]*`/g, "code"); // what stands in code is no link
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) found.push(wrong(page, link));
  }
  return found.filter((text) => text !== "");
}
