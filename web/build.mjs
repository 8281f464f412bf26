// Builds the page into internal/sandbox/page/dist, or into the folder that is
// named. The same sources and lock file give the same bytes.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = resolve(process.argv[2] ?? join(here, "../internal/sandbox/page/dist"));
await mkdir(dist, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx" },
  outdir: dist,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2023",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
  logLevel: "warning",
});
await copyFile(join(here, "src/index.html"), join(dist, "index.html"));
await writeFile(join(dist, "THIRD_PARTY.txt"), await notices(Object.keys(result.metafile.inputs)));

// notices lists every package that is in the bundle, with its licence.
async function notices(inputs) {
  const names = new Set();
  for (const path of inputs) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) names.add(found[1]);
  }
  let text = "The sandbox's page contains these packages of others.\n";
  for (const name of [...names].sort()) {
    const folder = join(here, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const licence = (await readFile(join(folder, "LICENSE"), "utf8")).trim();
    text += `\n${"-".repeat(72)}\n${name} ${about.version} (${about.license})\n\n${licence}\n`;
  }
  return text;
}
