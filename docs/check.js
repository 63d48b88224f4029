// Writes every code block of a front end into .check/, for the compiler: `npm run check -w docs`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blocks, folderOf, pages, root } from "./blocks.js";

const out = join(root, "docs/.check");
rmSync(out, { recursive: true, force: true });
let count = 0;
for (const page of pages()) {
  for (const { file, text } of blocks(page)) {
    const path = join(out, folderOf(page), file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    count++;
  }
}
if (count === 0) throw new Error("no code block was found, so nothing was checked");

const compilerOptions = {
  target: "ES2022",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  module: "ESNext",
  moduleResolution: "Bundler",
  moduleDetection: "force",
  jsx: "react-jsx",
  types: ["node", "vite/client"],
  allowJs: true,
  checkJs: true,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};
writeFileSync(join(out, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*", "../modules.d.ts"] }));
process.stdout.write(`${count} blocks of code to check\n`);
