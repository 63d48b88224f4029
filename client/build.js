// Builds the package: ESM and CommonJS of each entry with shared chunks, one file for script tags, and declarations for both kinds of modules.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const root = import.meta.dirname;
const out = join(root, "dist");
const names = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports)
  .filter((path) => !path.endsWith(".json"))
  .map((path) => (path === "." ? "index" : path.slice(2)));
const source = (name) => join(root, "src", `${name}.ts`);
const outside = /^(axios|react|vue)(\/|$)/;
const client = ["react", "vue"]; // what a bundler that knows of server components must keep out of them
const target = "es2022";
const common = { root, configFile: false, logLevel: "warn", publicDir: false };

rmSync(out, { recursive: true, force: true });
await build({
  ...common,
  build: {
    outDir: out,
    target,
    minify: false, // bundlers do that, and people can read what they install
    lib: { entry: Object.fromEntries(names.map((name) => [name, source(name)])) },
    rolldownOptions: {
      external: outside,
      output: [format("es", "js"), format("cjs", "cjs")],
    },
  },
});
await build({
  ...common,
  build: {
    outDir: out,
    emptyOutDir: false,
    target,
    lib: { entry: source("index"), name: "Cartouche", formats: ["iife"], fileName: () => "cartouche.global.js" },
  },
});
declarations();
copyFileSync(join(root, "..", "LICENSE"), join(root, "LICENSE"));

function format(kind, extension) {
  return {
    format: kind,
    exports: "named",
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `chunks/[name].${extension}`,
    banner: (chunk) => (chunk.isEntry && client.includes(chunk.name) ? '"use client";' : ""),
  };
}

/** Declarations by the compiler, and a copy of each for CommonJS, whose imports name the copies. */
function declarations() {
  const tsc = join(root, "..", "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  for (const file of readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(join(out, file), "utf8");
    writeFileSync(
      join(out, file.replace(/\.d\.ts$/, ".d.cts")),
      text.replace(/(from |import\()("\.[^"]*)\.js"/g, '$1$2.cjs"'),
    );
  }
  for (const name of names) if (!existsSync(join(out, `${name}.d.ts`))) throw new Error(`${name} has no declarations`);
}
