// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blocks } from "../../docs/blocks.js";
import { root } from "./server.js";

/** What `npm create vite -- --template react-ts` makes, as far as a tutorial leaves it as it is. */
const template = {
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <link rel="icon" href="data:," />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>my-app</title>
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/src/main.tsx"></script>
  </body>
</html>
`,
  "src/main.tsx": `import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import App from "./App.tsx";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
`,
  "package.json": `{ "name": "my-app", "private": true, "type": "module" }\n`,
};

/**
 * The app that people have who followed a tutorial to its end, in a folder inside of the repository, where its packages are found.
 * @param {import("node:test").TestContext} t @param {string} page
 */
export function follow(t, page) {
  const apps = join(root, "e2e/.apps");
  mkdirSync(apps, { recursive: true });
  const folder = mkdtempSync(join(apps, "app-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ours = Object.entries(template).map(([file, text]) => ({ file, text }));
  for (const { file, text } of [...ours, ...blocks(page)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}
