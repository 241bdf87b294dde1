/** Vite plugin: a page finds the models at the address `base` + models/, in development and in the build. */
import { dirname, join, sep } from "node:path";
import type { Connect, Plugin } from "vite";
import { InputError } from "../base/errors";
import { modelLocation } from "./shipped-models";
import { checkModelNames, DEFAULT_MODELS, webModelFiles } from "./web-models";

export interface ColorizeModelsOptions {
  /** Names of the models that the site serves. Default: inception-table alone. */
  readonly models?: readonly string[];
}

/** Where the code in dist looks for models, relative to its own file: MODELS_FOLDER of vite.config.ts. */
const BESIDE_DIST = "../models/";

/** Throws InputError for a name that is not one of this package's models. */
export function colorizeModels({ models = DEFAULT_MODELS }: ColorizeModelsOptions = {}): Plugin {
  checkModelNames(models, "colorizeModels()");
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
      server.middlewares.use(serveModels(`${base}models/`, models));
    },
    transform(code, id) {
      // With a relative base, the code in assets/ finds models/ beside that folder as it does beside dist.
      if (!id.startsWith(dist) || !code.includes(BESIDE_DIST) || isRelative(base)) return undefined;
      return { code: code.replaceAll(BESIDE_DIST, `${base}models/`), map: null };
    },
    // Only what browsers load has models beside it; a server's bundle has none.
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    async generateBundle() {
      for (const name of models)
        for (const [path, source] of await webModelFiles(name))
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

/** Responds with the files of `models` below `prefix`. They are read when the first page asks for them. */
function serveModels(prefix: string, models: readonly string[]): Connect.NextHandleFunction {
  const read = new Map<string, ReturnType<typeof webModelFiles>>();
  const find = async (address: string): Promise<Uint8Array | undefined> => {
    if (!address.startsWith(prefix)) return undefined;
    const path = address.slice(prefix.length);
    // The named model first; others may use files beside them.
    const own = (name: string): number => Number(path.startsWith(`${name}/`));
    for (const name of models.toSorted((a, b) => own(b) - own(a))) {
      const files = read.get(name) ?? webModelFiles(name);
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
      response.setHeader("Content-Type", address.endsWith(".json") ? "application/json" : "application/octet-stream");
      response.setHeader("Content-Length", bytes.length);
      response.end(bytes);
    }, next);
  };
}
