/** Reads and checks a model: a folder with a manifest, or a bare ONNX file, from the network or any other reader. */
import { anyOf } from "../../base/abortable";
import { InputError, ManifestError, messageOf } from "../../base/errors";
import { baseAddress } from "../../base/page-address";
import { pathProblem } from "../../base/paths";
import { externalLocations, type ExternalData } from "../onnx/decode";
import { fetchFile, fetchNewest } from "./download";
import { integrityFault } from "./integrity";
import { parseManifest, type Manifest } from "./manifest";
import { manifestFor } from "./presets";

/** Most bytes of a model.json. */
const MOST_BYTES = 2 ** 20;

/** Most files of weights beside an ONNX file, as many as a model.json may name. */
const MOST_FILES = 64;

export interface ModelProgress {
  /** The file whose progress changed last, by its key in the manifest's `files`; "model.json" at the start. */
  readonly file: string;
  /** Bytes read of all files together. */
  readonly loaded: number;
  /** 0 until the manifest is read. */
  readonly total: number;
  /** Whether all bytes so far come from this device's cache. */
  readonly fromCache: boolean;
}

/**
 * Reads one file of the folder. `path` is relative to it, "model.json" first; `expected` has the manifest's size and SHA-256.
 * `fromCache`: whether the bytes come from this device's cache; default: false.
 */
export type ModelReader = (
  path: string,
  expected: { readonly bytes: number; readonly sha256: string } | undefined,
  onProgress: (loaded: number, total: number | undefined, fromCache?: boolean) => void,
  signal: AbortSignal,
) => Promise<Uint8Array>;

export interface LoadModelOptions {
  readonly onProgress?: (progress: ModelProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: fetchFile, relative to `location`. */
  readonly read?: ModelReader;
  /** For a bare ONNX file: which colorizer it is, where its inputs do not say it. See docs/models.md. */
  readonly preset?: string | undefined;
  /** Milliseconds without a byte after which a download fails. Default 30,000. */
  readonly stallTimeout?: number | undefined;
  /** Called with each file as soon as it is read and checked. The load awaits its promise and fails with its error. */
  readonly onFile?: (
    file: string,
    bytes: Uint8Array,
    manifest: Manifest,
    /** Of a bare ONNX file. */
    externalData?: ExternalData,
  ) => void | Promise<void>;
}

export interface LoadedModel {
  readonly manifest: Manifest;
  /** Bytes of the files that the networks use, by the manifest's names, e.g. files["embedder"]. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** Bundlers do not copy models: a page that asks for one at an address where nothing is gets this hint. */
const SERVE_MODELS =
  'Serve the model: with Vite, add colorizeModels({ models: ["inception-table"] }) of colorize-canvas/vite to `plugins`; otherwise run ' +
  '`npx colorize-canvas copy-models public/ --model inception-table` and set the attribute or option model="/models/inception-table/". ' +
  "For another model, write its name in these places.";

/**
 * Reads model.json and then the files of its networks in parallel, and checks their sizes and SHA-256. `location` is the URL of
 * the folder or of its .json file (relative to the page); with `read`, it is used in messages only. A bare .onnx file, or any blob: address,
 * gets the manifest of a preset. Throws ManifestError, DownloadError, errors of `read`, or the signal's reason. One failure stops the other files.
 */
export async function loadModel(location: string | URL, options: LoadModelOptions = {}): Promise<LoadedModel> {
  const { folder, name } = split(String(location));
  if (isBlob(folder) || isBareFile(name)) return loadBareFile(String(location), decoded(name), options);
  if (options.preset !== undefined)
    throw new InputError({
      where: "preset",
      expected: "none for a model with a model.json; presets are for bare .onnx files",
      received: options.preset,
    });
  const stop = new AbortController();
  const signal = anyOf(options.signal, stop.signal);
  signal.throwIfAborted();
  const { stallTimeout } = options;
  const read = options.read ?? fetchReader(baseOf(folder), stallTimeout);
  const parse = (bytes: Uint8Array): Manifest => parseManifest(parseJson(bytes, folder + name), folder + name);
  options.onProgress?.({ file: name, loaded: 0, total: 0, fromCache: true });
  const manifest = options.read
    ? parse(await read(name, undefined, () => {}, signal))
    : await fetchNewest(new URL(name, baseOf(folder)), parse, {
        signal,
        stallTimeout,
        most: MOST_BYTES,
        missingHint: SERVE_MODELS,
      });

  const used = [manifest.embedder?.file, manifest.colorizer.file];
  const entries = Object.entries(manifest.files).filter(([key]) => used.includes(key));
  const total = entries.reduce((sum, [, file]) => sum + file.bytes, 0);
  const progress = new Map<string, { readonly loaded: number; readonly fromCache: boolean }>();
  const readings: Promise<Uint8Array>[] = [];
  const readOne = async ([key, file]: (typeof entries)[number]): Promise<[string, Uint8Array]> => {
    const report = (loaded: number, _total?: number, fromCache = false): void => {
      progress.set(key, { loaded, fromCache });
      const all = [...progress.values()];
      if (stop.signal.aborted) return;
      options.onProgress?.({
        file: key,
        loaded: all.reduce((sum, one) => sum + one.loaded, 0),
        total,
        fromCache: all.every((one) => one.fromCache),
      });
    };
    const reading = read(file.path, { bytes: file.bytes, sha256: file.sha256 }, report, signal);
    readings.push(reading);
    const bytes = await reading;
    // fetchFile() has already checked its files; hashing 60 MB twice would be slow.
    const fault = options.read ? await integrityFault(bytes, file, `${folder}${file.path}`) : undefined;
    if (fault) throw new ManifestError(fault);
    report(bytes.byteLength, undefined, progress.get(key)?.fromCache);
    await options.onFile?.(key, bytes, manifest);
    return [key, bytes];
  };
  try {
    return { manifest, files: Object.fromEntries(await Promise.all(entries.map(readOne))) };
  } catch (error) {
    stop.abort(error);
    // Until what came of the other files is kept. A reader of the caller's need not end.
    if (!options.read) await Promise.allSettled(readings);
    throw error;
  }
}

/** Whether a name is that of an ONNX file, which has no manifest. */
function isBareFile(name: string): boolean {
  return /\.onnx$/i.test(name);
}

/** Whether an address is of bytes in this browser, for example of a file that the visitor picked: nothing lies beside it. */
function isBlob(location: string): boolean {
  return location.startsWith("blob:");
}

/** Reads an ONNX file and makes its manifest by the preset that fits. `name` is the file's name in its folder. */
async function loadBareFile(location: string, name: string, options: LoadModelOptions): Promise<LoadedModel> {
  const { signal = new AbortController().signal, read, preset, stallTimeout, onProgress } = options;
  signal.throwIfAborted();
  const report = (loaded: number, total = 0, fromCache = false): void =>
    onProgress?.({ file: name, loaded, total, fromCache });
  report(0, 0, true);
  const bytes = read
    ? await read(name, undefined, report, signal)
    : await fetchFile(baseOf(location), { onProgress: report, signal, stallTimeout });
  const where = isBlob(location) ? name : location;
  const data = new Map<string, Uint8Array>();
  const locations = await externalLocations(bytes, { label: where, signal });
  if (locations.length > MOST_FILES)
    throw new ManifestError({
      where,
      expected: `weights in at most ${MOST_FILES} other files`,
      received: `in ${locations.length}`,
      hint: "Export the model with all weights in one file.",
    });
  for (const path of locations) {
    const problem = pathProblem(path);
    if (problem) throw new ManifestError({ where, expected: "external data beside the file", received: problem });
    if (isBlob(location))
      throw new ManifestError({
        where,
        expected: "all of the network in one file",
        received: `tensors in another file, ${path}`,
        hint: "`npm run models -- add FILE` moves them into the ONNX file.",
      });
    const beside = read ?? fetchReader(baseOf(location), stallTimeout);
    data.set(path, await beside(path, undefined, () => {}, signal));
  }
  const externalData: ExternalData = (path) => data.get(path)!;
  const json = await manifestFor({ bytes, name, where, preset, externalData, signal });
  const manifest = parseManifest(json, where);
  report(bytes.byteLength, bytes.byteLength);
  const { file } = manifest.colorizer;
  await options.onFile?.(file, bytes, manifest, externalData);
  return { manifest, files: { [file]: bytes } };
}

/** A file's name as it is on disk, of its name in an address. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/**
 * Splits "a/b/model.json" into a/b/ and model.json; "a/b" and "a/b/" mean the model.json in that folder. Drops a query. A blob: address has no
 * file's name, so that its fragment, if any, is the name.
 */
function split(location: string): { folder: string; name: string } {
  if (isBlob(location)) {
    const [folder, name] = location.split("#", 2) as [string, string?];
    return { folder, name: name || "network.onnx" };
  }
  const path = location.replace(/[?#].*$/s, "");
  if (!path.endsWith(".json") && !isBareFile(path))
    return { folder: path === "" || path.endsWith("/") ? path : `${path}/`, name: "model.json" };
  const slash = path.lastIndexOf("/") + 1;
  return { folder: path.slice(0, slash), name: path.slice(slash) };
}

/** The folder's full address. Throws ManifestError. */
function baseOf(folder: string): URL {
  try {
    return new URL(folder, baseAddress());
  } catch (cause) {
    throw new ManifestError({
      where: folder,
      expected: "the URL of a model folder",
      received: folder === "" ? "an empty string" : "something else",
      hint: "Outside a page give an absolute URL; in Node, colorize-canvas/node reads folders.",
      cause,
    });
  }
}

function fetchReader(base: URL, stallTimeout: number | undefined): ModelReader {
  return (path, expected, onProgress, signal) =>
    fetchFile(new URL(path, base), { ...expected, onProgress, signal, stallTimeout });
}

function parseJson(bytes: Uint8Array, where: string): unknown {
  if (bytes.byteLength > MOST_BYTES)
    throw new ManifestError({ where, expected: `at most ${MOST_BYTES} bytes`, received: `${bytes.byteLength}` });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new ManifestError({
      where,
      expected: "JSON",
      received: messageOf(cause),
      hint: "The file is damaged: fetch it again.",
      cause,
    });
  }
}
