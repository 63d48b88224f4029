// The code blocks of the documentation as files, so that a compiler can read them.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const code = new Set(["ts", "tsx", "js", "jsx", "vue"]);

/** Every page that people read: those of docs/, and the READMEs. */
export function pages() {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join("docs", name));
  return [...docs, "README.md", "client/README.md", "examples/react/README.md", "examples/axios-djoser/README.md"].sort();
}

/**
 * The blocks of a page that are code of a front end: `{ file, text }`. The words behind the language are the path that the page gives the file, such
 * as ```tsx src/App.tsx; a block without one is a file of its own.
 * @param {string} page @returns {{ file: string, text: string }[]}
 */
export function blocks(page) {
  /** @type {{ file: string, text: string }[]} */
  const found = [];
  /** @type {{ language: string, path: string, lines: string[] } | null} */
  let open = null;
  for (const line of readFileSync(join(root, page), "utf8").split("\n")) {
    const fence = /^\s*```(\S*)\s*(\S*)/.exec(line);
    if (!fence) {
      open?.lines.push(line);
    } else if (open) {
      if (code.has(open.language)) found.push({ file: open.path || `block-${found.length + 1}.${open.language}`, text: `${open.lines.join("\n")}\n` });
      open = null;
    } else {
      open = { language: fence[1] ?? "", path: fence[2] ?? "", lines: [] };
    }
  }
  if (open) throw new Error(`${page}: a block of code does not end`);
  return found;
}

/** The name of a page's folder. @param {string} page */
export function folderOf(page) {
  return relative("docs", page).replaceAll("../", "").replaceAll("/", "-").replace(/\.md$/, "");
}
