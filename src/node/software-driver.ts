/** Unpacks the SwiftShader Vulkan driver that the npm package @sparticuz/chromium carries. */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar";
import { DeviceError } from "../errors";

/** A folder for unpacked files that outlives the process: XDG_CACHE_HOME, else ~/.cache, else the temporary folder. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? (homedir() ? join(homedir(), ".cache") : tmpdir());
  return join(base, "colorize-canvas");
}

/** The folder of the installed npm package, found through its main file. */
function packageFolder(name: string): string {
  const main = createRequire(import.meta.url).resolve(name);
  let folder = dirname(main);
  while (!existsSync(join(folder, "bin")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Unpacks a brotli-compressed tar of @sparticuz/chromium once; returns its folder. */
export async function unpackChromiumArchive(archive: string): Promise<string> {
  let source: string;
  let version: string;
  try {
    const folder = packageFolder("@sparticuz/chromium");
    source = join(folder, "bin", archive);
    version = (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
  } catch (cause) {
    throw new DeviceError({
      where: "software driver",
      expected: "the npm package @sparticuz/chromium",
      received: "none",
      hint: "npm install @sparticuz/chromium@147.0.0",
      cause,
    });
  }
  const name = archive.replace(/\.tar\.br$|\.br$/, "");
  const target = join(cacheFolder(), `chromium-${version}`, name);
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const beside = mkdtempSync(`${target}-`);
  const isTar = archive.endsWith(".tar.br");
  await pipeline(
    createReadStream(source),
    createBrotliDecompress(),
    isTar ? extract({ cwd: beside }) : createWriteStream(join(beside, name), { mode: 0o755 }),
  );
  try {
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true }); // another process was first
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** The folder with libvk_swiftshader.so, its ICD file and a Vulkan loader. */
export function softwareDriver(): Promise<string> {
  return unpackChromiumArchive("swiftshader.tar.br");
}
