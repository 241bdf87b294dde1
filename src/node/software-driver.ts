/** Unpacks the SwiftShader Vulkan driver that the npm package @sparticuz/chromium carries. */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
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
import type * as Tar from "tar";
import { createBrotliDecompress } from "node:zlib";
import { DeviceError, messageOf } from "../base/errors";
import { loadTar } from "./peer";

/** A folder for unpacked files that outlives the process: XDG_CACHE_HOME, else ~/.cache, else the temporary folder. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || (homedir() ? join(homedir(), ".cache") : tmpdir());
  return join(base, "colorize-canvas");
}

/** This user's folder inside the temporary folder; a new one when another user owns that name. */
function temporaryFolder(): string {
  const user = process.getuid?.();
  const folder = join(tmpdir(), `colorize-canvas-${user ?? "user"}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder); // a link is not followed
  const own = user === undefined || (found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0);
  return own ? folder : mkdtempSync(`${folder}-`);
}

/** The folder of the installed npm package, found through its main file. */
function packageFolder(name: string): string {
  const main = createRequire(import.meta.url).resolve(name);
  let folder = dirname(main);
  while (!existsSync(join(folder, "bin")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/**
 * Unpacks a brotli-compressed tar of @sparticuz/chromium once and returns its folder. Falls back to the temporary folder
 * where the cache folder is not writable. Throws DeviceError.
 */
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
  const { extract } = await loadTar();
  const name = archive.replace(/\.tar\.br$|\.br$/, "");
  const failures: unknown[] = [];
  for (const base of [cacheFolder, temporaryFolder]) {
    try {
      return await unpackOnce(source, name, join(base(), `chromium-${version}`, name), extract);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new DeviceError({
    where: "software driver",
    expected: `to unpack ${archive} into ${cacheFolder()} or ${tmpdir()}`,
    received: failures.map(messageOf).join("; "),
    hint: "Make room or give permission there, or point XDG_CACHE_HOME at a folder that can be written.",
    cause: failures[0],
  });
}

/** Unpacks beside `target` and renames, so that `target` is complete or missing. */
async function unpackOnce(source: string, name: string, target: string, extract: typeof Tar.extract): Promise<string> {
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const beside = mkdtempSync(`${target}-`);
  try {
    await pipeline(
      createReadStream(source),
      createBrotliDecompress(),
      source.endsWith(".tar.br") ? extract({ cwd: beside }) : createWriteStream(join(beside, name), { mode: 0o755 }),
    );
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(target)) throw error; // otherwise another process unpacked it first
  }
  return target;
}

/** The folder with libvk_swiftshader.so, its ICD file and a Vulkan loader. */
export function softwareDriver(): Promise<string> {
  return unpackChromiumArchive("swiftshader.tar.br");
}
