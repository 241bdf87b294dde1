/** Vite plugin: a page finds the models at the address `base` + models/, in development and in the build. */
import { dirname, extname, join, sep } from "node:path";
import type { Connect, Plugin } from "vite";
import { InputError } from "../base/errors";
import { modelLocation } from "./shipped-models";
import { checkModelNames, DEFAULT_MODELS, ONNXRUNTIME, onnxruntimeFiles, webModelFiles } from "./web-models";

export interface ColorizeModelsOptions {
  /** Names of the models that the site serves. Default: inception-table alone. */
  readonly models?: readonly string[];
  /** Whether the site serves onnxruntime-web, for elements with `fallback="wasm"`. Default: false. */
  readonly fallback?: boolean;
}

/** Where the code in dist looks for models, relative to its own file: MODELS_FOLDER of vite.config.ts. */
const BESIDE_DIST = "../models/";

/** Where the code in dist looks for onnxruntime-web: ONNXRUNTIME_FOLDER of vite.config.ts. */
const INSTALLED = "../../onnxruntime-web/dist/";

/** Throws InputError for a name that is not one of this package's models. */
export function colorizeModels({ models = DEFAULT_MODELS, fallback = false }: ColorizeModelsOptions = {}): Plugin {
  checkModelNames(models, "colorizeModels()");
  const names = fallback ? [...models, ONNXRUNTIME] : models;
  const dist = join(packageFolder(), "dist") + sep;
  let base = "/";
  return {
    name: "colorize-canvas:models",
    // The package's files are few, and its worker is beside them: Vite need not bundle them in development.
    config: () => ({ optimizeDeps: { exclude: ["colorize-canvas"] } }),
    configResolved(config) {
      base = config.base;
      if (config.command === "build" && isRelative(base)) checkAssetsDir(config.build.assetsDir);
    },
    configureServer(server) {
      server.middlewares.use(serveModels(`${base}models/`, names));
    },
    transform(code, id) {
      if (!id.startsWith(dist)) return undefined;
      // With a relative base, the code in assets/ finds models/ beside that folder as it does beside dist.
      const folder = isRelative(base) ? BESIDE_DIST : `${base}models/`;
      const served = code.replaceAll(INSTALLED, `${BESIDE_DIST}${ONNXRUNTIME}/`).replaceAll(BESIDE_DIST, folder);
      return served === code ? undefined : { code: served, map: null };
    },
    // Only what browsers load has models beside it; a server's bundle has none.
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    async generateBundle() {
      for (const name of names)
        for (const [path, source] of await webFiles(name))
          this.emitFile({ type: "asset", fileName: `models/${path}`, source });
    },
  };
}

function packageFolder(): string {
  return dirname(dirname(String(modelLocation(DEFAULT_MODELS[0]))));
}

function isRelative(base: string): boolean {
  return base === "" || base.startsWith("./");
}

function checkAssetsDir(assetsDir: string): void {
  if (/^[^/]+$/.test(assetsDir)) return;
  throw new InputError({
    where: "build.assetsDir of Vite",
    expected: "the name of one folder, because `base` is relative and models/ is beside that folder",
    received: JSON.stringify(assetsDir),
    hint: "Leave build.assetsDir out, or set an absolute `base`.",
  });
}

/** The files of a model, or of onnxruntime-web. */
function webFiles(name: string): Promise<Map<string, Uint8Array>> {
  return name === ONNXRUNTIME ? onnxruntimeFiles() : webModelFiles(name);
}

/** A module and WebAssembly are refused as another type. */
const TYPES: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Responds with the files of `models` below `prefix`. They are read when the first page asks for them. */
function serveModels(prefix: string, models: readonly string[]): Connect.NextHandleFunction {
  const read = new Map<string, ReturnType<typeof webFiles>>();
  const find = async (address: string): Promise<Uint8Array | undefined> => {
    if (!address.startsWith(prefix)) return undefined;
    const path = address.slice(prefix.length);
    // The named model first; others may use files beside them.
    const own = (name: string): number => Number(path.startsWith(`${name}/`));
    for (const name of models.toSorted((a, b) => own(b) - own(a))) {
      const files = read.get(name) ?? webFiles(name);
      read.set(name, files);
      const bytes = (await files).get(path);
      if (bytes) return bytes;
    }
    return undefined;
  };
  return (request, response, next) => {
    const address = (request.url ?? "").replace(/[?#].*$/, "");
    find(address).then((bytes) => {
      if (!bytes) return next();
      response.setHeader("Content-Type", TYPES[extname(address)] ?? "application/octet-stream");
      response.setHeader("Content-Length", bytes.length);
      response.end(bytes);
    }, next);
  };
}
