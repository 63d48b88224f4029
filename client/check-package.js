// Looks at the built package as npm would publish it: what is in it, whether every kind of import finds code and types, and whether the types say what they should.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = import.meta.dirname;
const problems = [];
const scratch = mkdtempSync(join(tmpdir(), "cartouche-package-"));
try {
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", scratch], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ filename, files }] = JSON.parse(packed);
  contents(files.map((file) => file.path));
  await lint();
  await resolutions(join(scratch, filename));
  types(join(scratch, filename));
} finally {
  rmSync(scratch, { recursive: true });
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log("the package is well");

function contents(paths) {
  for (const path of paths)
    if (!/^(dist\/|(README\.md|LICENSE|package\.json)$)/.test(path))
      problems.push(`${path} has no place in the package`);
  for (const path of ["README.md", "LICENSE", "dist/cartouche.global.js"])
    if (!paths.includes(path)) problems.push(`${path} is missing`);
}

async function lint() {
  const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { messages } = await publint({ pkgDir: root, strict: true });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, pkg)}`);
}

/** Resolves each entry as Node 16, Node 16 from CommonJS, and bundlers do. Resolution without "exports" is of Node 10, and finds the main entry only. */
async function resolutions(tarball) {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  if (!result.types) return problems.push("the package has no types");
  for (const problem of result.problems) {
    if (problem.resolutionKind !== "node10")
      problems.push(`types: ${problem.kind} ${problem.entrypoint ?? ""} ${problem.resolutionKind ?? ""}`);
  }
}

/** Compiles test/package against the package as it would be installed, as a module of each kind. */
function types(tarball) {
  const app = join(scratch, "app");
  const installed = join(app, "node_modules", "@cartouche", "client");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
  const modules = join(root, "..", "node_modules");
  for (const name of ["axios", "react", "vue", "@types", "@vue", "csstype"])
    symlinkSync(join(modules, name), join(app, "node_modules", name));
  execFileSync("cp", ["-R", `${join(root, "test", "package")}/.`, app]);
  try {
    execFileSync(process.execPath, [join(modules, "typescript", "bin", "tsc"), "-p", app], { encoding: "utf8" });
  } catch (e) {
    problems.push(`types: ${e.stdout}`);
  }
}
