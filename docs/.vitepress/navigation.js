// The pages in the order of the navigation. A page that is not named here stands at the end of its section, so that none is ever left out.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const order = [
  ["tutorials", "Tutorials", ["react", "vue", "nextjs", "react-native", "axios", "fetch"]],
  [
    "how-to",
    "How to",
    [
      "production",
      "operate",
      "dialects",
      "coming-from-django",
      "sessions",
      "other-services",
      "limits",
      "several-nodes",
      "backup-and-move",
      "audit",
      "doctor",
    ],
  ],
  ["reference", "Reference", ["configuration", "commands", "django-settings", "metrics"]],
  ["explanation", "Explanation", ["refresh", "performance", "measuring"]],
  ["decisions", "Decisions", []],
];

/** The title of a page is its first heading, without marks. */
function title(path) {
  const found = /^# (.+)$/m.exec(readFileSync(path, "utf8"));
  if (!found) throw new Error(`${path} has no heading`);
  return found[1].replaceAll("`", "");
}

/** Every section with its pages, for VitePress. */
export function sections(docs) {
  return order.map(([folder, text, first]) => {
    const place = (name) => (first.includes(name) ? first.indexOf(name) : first.length);
    const names = readdirSync(join(docs, folder))
      .filter((file) => file.endsWith(".md") && file !== "README.md")
      .map((file) => file.slice(0, -".md".length))
      .sort((a, b) => place(a) - place(b) || a.localeCompare(b));
    const items = names.map((name) => ({ text: title(join(docs, folder, `${name}.md`)), link: `/${folder}/${name}` }));
    return { text, items, collapsed: folder === "decisions" };
  });
}
