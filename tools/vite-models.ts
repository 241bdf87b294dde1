/** Vite plugin: serves the folder of models at /models/ and copies it into the build. */
import { createReadStream, cpSync, existsSync, statSync } from "node:fs";
import { join, normalize, resolve, sep } from "node:path";
import type { Connect, Plugin } from "vite";

const PREFIX = "/models/";

/** `folder` appears as models/ beside the page, in development, preview and build. */
export function modelFolder(folder: string): Plugin {
  let outDir = "";
  const serve: Connect.NextHandleFunction = (request, response, next) => {
    const path = decodeURIComponent((request.url ?? "").replace(/[?#].*$/, ""));
    if (!path.startsWith(PREFIX)) return next();
    const file = normalize(join(folder, path.slice(PREFIX.length)));
    if (!file.startsWith(resolve(folder) + sep) || !existsSync(file) || !statSync(file).isFile()) {
      // Responds with 404, not with the page as single-page servers do, because a reader would parse the page as a model.
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader("Content-Type", file.endsWith(".json") ? "application/json" : "application/octet-stream");
    response.setHeader("Content-Length", statSync(file).size);
    createReadStream(file).pipe(response);
  };
  return {
    name: "model-folder",
    // The build's code lies in assets/, beside models/; in development the sources lie where they are.
    config: (_, { command }) =>
      command === "build" ? { define: { MODELS_FOLDER: JSON.stringify("../models/") } } : undefined,
    configResolved(config) {
      if (config.build.write) outDir = resolve(config.root, config.build.outDir);
    },
    configureServer: (server) => void server.middlewares.use(serve),
    closeBundle() {
      if (outDir && existsSync(folder)) cpSync(folder, join(outDir, "models"), { recursive: true });
    },
  };
}
