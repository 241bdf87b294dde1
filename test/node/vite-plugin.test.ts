/** The Vite plugin with `fallback`: onnxruntime-web is served in development and is in the build, at the address where pages look for it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, createServer } from "vite";
import { afterAll, describe, expect, it } from "vitest";
import { colorizeModels } from "../../src/node/vite-plugin";

const root = mkdtempSync(join(tmpdir(), "colorize-vite-"));
writeFileSync(join(root, "index.html"), "<!doctype html><title>A page</title>");
afterAll(() => rmSync(root, { recursive: true }));

const MODULE = "models/onnxruntime-web/ort.wasm.bundle.min.mjs";
const WASM = "models/onnxruntime-web/ort-wasm-simd-threaded.wasm";

/** Vite's settings for the page with `fallback` or without it. No model is copied: they have tests of their own. */
function settings(fallback: boolean): Parameters<typeof build>[0] & Parameters<typeof createServer>[0] {
  return {
    root,
    configFile: false,
    logLevel: "silent",
    base: "/site/",
    plugins: [colorizeModels({ models: [], fallback })],
  };
}

describe("colorizeModels({ fallback: true })", () => {
  it("serves the module and the WebAssembly in development, with their types", async () => {
    const server = await createServer({ ...settings(true), server: { port: 0, host: "127.0.0.1", watch: null } });
    try {
      await server.listen();
      const { port } = server.httpServer!.address() as { port: number };
      const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}/site/${path}`);
      const [module, wasm] = [await get(MODULE), await get(WASM)];
      expect([module.status, module.headers.get("content-type")]).toEqual([200, "text/javascript"]);
      expect([wasm.status, wasm.headers.get("content-type")]).toEqual([200, "application/wasm"]);
      expect(new Uint8Array(await wasm.arrayBuffer()).subarray(0, 4)).toEqual(Uint8Array.of(0, 0x61, 0x73, 0x6d));
    } finally {
      await server.close();
    }
  });

  it("puts both into the build, and nothing of them without `fallback`", async () => {
    const outDir = join(root, "with");
    await build({ ...settings(true), build: { outDir } });
    expect(readFileSync(join(outDir, WASM)).subarray(0, 4)).toEqual(Buffer.from([0, 0x61, 0x73, 0x6d]));
    expect(readFileSync(join(outDir, MODULE), "utf8")).toContain("InferenceSession");
    const without = join(root, "without");
    await build({ ...settings(false), build: { outDir: without } });
    expect([existsSync(join(without, "index.html")), existsSync(join(without, "models"))]).toEqual([true, false]);
  });
});
