import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DownloadError, ManifestError } from "../../../src/base/errors";
import { loadModel, type ModelProgress } from "../../../src/weights/model/files";
import { modelFolder } from "./model-folder";
import { answer, type TestServer } from "../../shared/answering-server";

let server: TestServer | undefined;
afterEach(() => server?.close());

async function serveFolder(files: Record<string, Uint8Array>): Promise<TestServer> {
  return (server = await answer((path, response) => {
    const bytes = files[decodeURIComponent(path.slice("/m/".length))];
    if (bytes) response.end(bytes);
    else response.writeHead(404).end();
  }));
}

describe("over HTTP", () => {
  test.each(["m", "m/", "m/model.json"])("%s: manifest and files, with progress over all of them", async (path) => {
    const folder = modelFolder();
    const { url } = await serveFolder(folder);
    const progress: ModelProgress[] = [];
    const { manifest, files } = await loadModel(url + path, { onProgress: (p) => progress.push(p) });
    expect(manifest.name).toBe("tiny");
    expect(Buffer.from(files["embedder"]!).equals(folder["embedder.onnx"]!)).toBe(true);
    expect(Buffer.from(files["colorizer"]!).equals(folder["sub/colorizer.onnx"]!)).toBe(true);
    const total = folder["embedder.onnx"]!.length + folder["sub/colorizer.onnx"]!.length;
    expect(progress[0]).toEqual({ file: "model.json", loaded: 0, total: 0, fromCache: true });
    expect(progress.at(-1)).toMatchObject({ loaded: total, total, fromCache: false });
  });

  test("a file that was changed is a DownloadError", async () => {
    const folder = modelFolder();
    folder["embedder.onnx"] = Uint8Array.from(folder["embedder.onnx"]!, (byte) => byte ^ 1);
    const { url } = await serveFolder(folder);
    await expect(loadModel(`${url}m`)).rejects.toThrow(DownloadError);
  });

  test("a page instead of JSON is an error that says so", async () => {
    for (const page of ["<!doctype html>", "\n  <html>"]) {
      const { url } = await serveFolder({ "model.json": new TextEncoder().encode(page) });
      await expect(loadModel(`${url}m`)).rejects.toThrow(
        /m\/model\.json: expected model\.json, received an HTML page from .*colorizeModels\(.*copy-models.*\/models\/inception-table\//,
      );
      server?.close();
    }
  });

  test("text that is not JSON is a ManifestError", async () => {
    const { url } = await serveFolder({ "model.json": new TextEncoder().encode("{") });
    await expect(loadModel(`${url}m`)).rejects.toThrow(/model\.json: expected JSON/);
  });
});

describe("on a device that keeps files", () => {
  beforeEach(() => {
    const kept = new Map<string, Uint8Array>();
    const cache = {
      match: async (key: string) => (kept.has(key) ? new Response(kept.get(key) as BodyInit) : undefined),
      put: async (key: string, response: Response) => void kept.set(key, new Uint8Array(await response.arrayBuffer())),
      delete: async (key: string) => kept.delete(key),
    };
    vi.stubGlobal("caches", { open: async () => cache });
  });
  afterEach(() => vi.unstubAllGlobals());

  /** Loads; whether each step of progress came from the cache. */
  async function load(url: string): Promise<{ name: string; fromCache: boolean[] }> {
    const fromCache: boolean[] = [];
    const { manifest } = await loadModel(`${url}m`, { onProgress: (p) => fromCache.push(p.fromCache) });
    return { name: manifest.name, fromCache };
  }

  test("a second visit says so, and works without a network", async () => {
    const { url, close } = await serveFolder(modelFolder());
    expect((await load(url)).fromCache).toContain(false);
    expect((await load(url)).fromCache).not.toContain(false);
    await close();
    const offline = await load(url);
    expect(offline.name).toBe("tiny");
    expect(offline.fromCache).not.toContain(false);
  });

  test("finds a new version, and does not store an invalid manifest", async () => {
    const folder = modelFolder();
    const first = folder["model.json"]!;
    const { url, close } = await serveFolder(folder);
    await load(url);
    folder["model.json"] = Buffer.from(Buffer.from(first).toString().replace('"tiny"', '"newer"'));
    expect((await load(url)).name).toBe("newer");
    folder["model.json"] = Buffer.from("<!doctype html>");
    await expect(load(url)).rejects.toThrow(/received an HTML page/);
    folder["model.json"] = Buffer.from("{");
    await expect(load(url)).rejects.toThrow(/expected JSON/);
    await close();
    expect((await load(url)).name).toBe("newer");
  });

  test("an address that is gone is an error", async () => {
    const folder = modelFolder();
    const { url } = await serveFolder(folder);
    await load(url);
    delete (folder as Record<string, Uint8Array>)["model.json"];
    await expect(load(url)).rejects.toThrow(/404/);
  });
});

describe("with a reader", () => {
  test("is given paths and expectations, and is checked", async () => {
    const folder = modelFolder();
    const asked: string[] = [];
    const read = async (path: string, expected?: { bytes: number; sha256: string }): Promise<Uint8Array> => {
      asked.push(`${path} ${expected?.bytes}`);
      return folder[path]!;
    };
    await loadModel("anything/model.json", { read });
    expect(asked).toEqual(["model.json undefined", "embedder.onnx 3000", "sub/colorizer.onnx 500"]);
    folder["sub/colorizer.onnx"] = folder["sub/colorizer.onnx"]!.subarray(1);
    const error: unknown = await loadModel("at/model.json", { read }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ManifestError);
    expect((error as ManifestError).where).toBe("at/sub/colorizer.onnx");
    expect((error as ManifestError).received).toBe("499 bytes");
  });

  test("hands files on as they come, and waits for what is done with them", async () => {
    const folder = modelFolder();
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const events: string[] = [];
    const read = async (path: string): Promise<Uint8Array> => {
      if (path === "embedder.onnx") await gate; // comes after the other has been dealt with
      return folder[path]!;
    };
    const onFile = async (file: string, bytes: Uint8Array, manifest: { name: string }): Promise<void> => {
      events.push(`${file} of ${manifest.name}: ${bytes.length}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      events.push(`${file} done`);
      if (file === "colorizer") open();
    };
    await loadModel("m", { read, onFile });
    expect(events).toEqual(["colorizer of tiny: 500", "colorizer done", "embedder of tiny: 3000", "embedder done"]);
    const refuse = (): void => {
      throw new Error("refused");
    };
    await expect(loadModel("m", { read, onFile: refuse })).rejects.toThrow("refused");
  });

  test("one failure stops the others", async () => {
    const folder = modelFolder();
    let stopped = false;
    const read = async (path: string, _: unknown, __: unknown, signal: AbortSignal): Promise<Uint8Array> => {
      if (path.startsWith("sub")) throw new Error("unreadable");
      if (path === "embedder.onnx") signal.addEventListener("abort", () => (stopped = true));
      return path === "embedder.onnx" ? new Promise(() => {}) : folder[path]!;
    };
    await expect(loadModel("m", { read })).rejects.toThrow("unreadable");
    expect(stopped).toBe(true);
  });

  test("an abort reaches the reader", async () => {
    const abort = new AbortController();
    const read = (_: string, __: unknown, ___: unknown, signal: AbortSignal): Promise<Uint8Array> =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const loading = loadModel("m", { read, signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(loading).rejects.toThrow("enough");
  });
});

test("a relative address outside a page is a ManifestError", async () => {
  await expect(loadModel("models/x")).rejects.toThrow(ManifestError);
});
