// Holds the built package to its limits: what an app's bundler makes of it, minified, then gzip -9. 1 kB is 1000 bytes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const dist = join(import.meta.dirname, "dist");
const frameworks = /^(axios|react|vue)(\/|$)/;

/** Bundles one module as an app would, and answers its size and what is in it. */
async function bundle(code, external = () => false) {
  const entry = "\0entry";
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    plugins: [
      { name: "entry", resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? code : null) },
    ],
    build: {
      write: false,
      target: "es2022",
      minify: true,
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: "strict",
        external: (id) => frameworks.test(id) || external(id),
        output: { codeSplitting: false },
      },
    },
  });
  const [chunk] = output;
  return { bytes: gzipSync(chunk.code, { level: 9 }).length, modules: new Set(chunk.moduleIds) };
}

const file = (name) => JSON.stringify(join(dist, `${name}.js`));
const all = (...names) => names.map((name, i) => `export * as part${i} from ${file(name)};`).join("\n");

const core = await bundle(`export * from ${file("index")};`);
// An adapter shares chunks with the core, which an app has anyway.
const alone = async (name) =>
  (await bundle(`export * from ${file(name)};`, (id) => core.modules.has(join(dist, id.replace(/^\.\//, ""))))).bytes;

const rows = [
  ["core", core.bytes, 9000],
  ["axios", await alone("axios"), 800],
  ["react", await alone("react"), 1200],
  ["vue", await alone("vue"), 800],
  ["native", await alone("native"), 900],
  ["all of these", (await bundle(all("index", "axios", "react", "vue", "native"))).bytes, 11_000],
  ["script tag", gzipSync(readFileSync(join(dist, "cartouche.global.js")), { level: 9 }).length, 9000],
  ["only AuthError", (await bundle(`export { AuthError } from ${file("index")};`)).bytes, 1000],
];
for (const [name, bytes, limit] of rows) {
  const verdict = bytes > limit ? "too large" : "";
  console.log(
    `${name.padEnd(15)}${String(bytes).padStart(6)} of ${String(limit).padStart(6)} bytes ${verdict}`.trimEnd(),
  );
}
if (rows.some(([, bytes, limit]) => bytes > limit)) process.exitCode = 1;
