// The documentation as a site: `make docs`. Everything that its pages load is their own: no font, script or counter of somebody else.
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { slug } from "../links.js";
import { sections } from "./navigation.js";

const docs = fileURLToPath(new URL("..", import.meta.url));
const root = join(docs, "..");
const repository = "https://github.com/cartouche-auth/cartouche";

/** Links to files outside of docs/ lead to the repository; those to a README.md inside to the page that it becomes. */
function href(link, page) {
  if (/^[a-z][a-z+.-]*:|^[#/]/i.test(link)) return link;
  const [path, anchor] = link.split("#");
  const target = join(dirname(join(docs, page)), path);
  if (!existsSync(target)) throw new Error(`${page}: ${link} leads nowhere`);
  if (relative(docs, target).startsWith("..")) {
    const kind = statSync(target).isDirectory() ? "tree" : "blob";
    return `${repository}/${kind}/main/${relative(root, target)}${anchor ? `#${anchor}` : ""}`;
  }
  return link.replace("README.md", "index.md");
}

function extend(md) {
  const rule = md.core.ruler;
  rule.after("inline", "links-out", (state) => {
    for (const block of state.tokens) {
      for (const token of block.children ?? []) {
        if (token.type === "link_open") token.attrSet("href", href(token.attrGet("href"), state.env.relativePath.replace(/index\.md$/, "README.md")));
      }
    }
  });
  // Pages are Markdown for everybody, so {{ is text, not Vue.
  for (const kind of ["text", "code_inline"]) {
    const render = md.renderer.rules[kind];
    md.renderer.rules[kind] = (...all) => render(...all).replaceAll("{{", "&#123;&#123;");
  }
  // A block of code says which file it is: ```tsx src/App.tsx.
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const name = /^\S+\s+(\S+)/.exec(tokens[index].info)?.[1];
    const title = name ? `<p class="file">${md.utils.escapeHtml(name)}</p>` : "";
    return title + fence(tokens, index, ...rest);
  };
}

export default defineConfig({
  title: "Cartouche",
  description: "Authentication for single-page and mobile apps",
  lang: "en",
  head: [["link", { rel: "icon", href: "data:," }]], // asks for none
  base: process.env.DOCS_BASE ?? "/",
  ignoreDeadLinks: "localhostLinks", // those that a reader's own machine serves
  srcExclude: ["**/node_modules/**", ".check/**"],
  rewrites: { "README.md": "index.md", "decisions/README.md": "decisions/index.md" },
  markdown: { anchor: { slugify: slug }, config: extend },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Tutorials", link: "/tutorials/react" },
      { text: "How to", link: "/how-to/production" },
      { text: "Reference", link: "/reference/configuration" },
      { text: "Explanation", link: "/explanation/refresh" },
      { text: "Decisions", link: "/decisions/" },
    ],
    sidebar: sections(docs),
    outline: [2, 3],
    socialLinks: [{ icon: "github", link: repository }],
  },
});
