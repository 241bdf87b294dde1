/** onnxruntime-web: where its files are, and the part of it that is used. It is loaded only where there is no GPU for the engine. */
import { baseAddress } from "../base/page-address";
import { DownloadError, InputError, messageOf } from "../base/errors";

/** Path from this module to the folder of the package's files. The build sets it for the files in dist/. */
declare const ONNXRUNTIME_FOLDER: string | undefined;
const FOLDER =
  typeof ONNXRUNTIME_FOLDER === "undefined" ? "../../node_modules/onnxruntime-web/dist/" : ONNXRUNTIME_FOLDER;

/** The file that is imported. It finds the WebAssembly module beside it. */
const MODULE = "ort.wasm.bundle.min.mjs";

export interface OrtTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

export interface Onnxruntime {
  readonly env: { readonly versions: { readonly common: string } };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: {
        readonly executionProviders: readonly ["wasm"];
        readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
      },
    ): Promise<OrtSession>;
  };
}

/** The address of onnxruntime-web's folder. `fallback`: "wasm", or its address relative to the page. Throws InputError for another word. */
export function onnxruntimeFolder(fallback: string | URL): string {
  // not new URL(FOLDER, import.meta.url), which bundlers take for a file of their build: Turbopack then fails where it is not installed
  if (fallback === "wasm") return new URL(import.meta.url.replace(/[^/]*$/, FOLDER)).href;
  const text = String(fallback);
  const base = baseAddress();
  if (/[./]/.test(text) && URL.canParse(text, base)) return new URL(text.replace(/\/?$/, "/"), base).href;
  throw new InputError({
    where: "fallback",
    expected: '"wasm", or the address of a folder with the files of onnxruntime-web',
    received: `"${text}"`,
  });
}

/** Imports onnxruntime-web from its folder. Throws DownloadError where it is not there. */
export async function importOnnxruntime(folder: string): Promise<Onnxruntime> {
  const address = folder + MODULE;
  try {
    return (await import(/* @vite-ignore */ address)) as Onnxruntime;
  } catch (cause) {
    throw new DownloadError({
      where: "fallback",
      expected: `onnxruntime-web at ${address}`,
      received: messageOf(cause),
      hint:
        "Run `npm install onnxruntime-web` and serve it: with Vite, set `fallback: true` in colorizeModels(); otherwise run " +
        '`npx colorize-canvas copy-models public/ --fallback` and set the attribute or option fallback="/models/onnxruntime-web/".',
      cause,
    });
  }
}
