/** Servers that stall, never end, announce what they do not send, or send something else. */
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { DownloadError, EngineError, InputError, ManifestError } from "../../../src/base/errors";
import { fetchFile } from "../../../src/weights/model/download";
import { loadModel } from "../../../src/weights/model/files";
import { parseManifest } from "../../../src/weights/model/manifest";
import { modelFolder } from "./model-folder";
import { answer, type TestServer } from "../../shared/answering-server";

let server: TestServer | undefined;
afterEach(() => server?.close());

async function serving(respond: Parameters<typeof answer>[0]): Promise<TestServer> {
  return (server = await answer(respond));
}

/** Sends `text` again and again, as fast as it is read. Resolves when the connection is closed. */
function endless(response: ServerResponse, text: string): Promise<void> {
  const more = (): void => void (response.destroyed || response.write(text, () => setImmediate(more)));
  more();
  return new Promise((resolve) => response.on("close", resolve));
}

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

describe("a server that stalls ends the download after one try", () => {
  const stalls: Record<string, (response: ServerResponse) => void> = {
    "before it answers": () => {},
    "after the headers": (response) => response.writeHead(200, { "content-length": 1000 }).flushHeaders(),
    "in the middle": (response) => void response.writeHead(200, { "content-length": 1000 }).write(Buffer.alloc(500)),
  };
  test.each(Object.entries(stalls))("%s", async (_, stall) => {
    const { url, requests } = await serving((_path, response) => stall(response));
    const start = performance.now();
    const error = await failure(fetchFile(`${url}a.onnx`, { stallTimeout: 500 }));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toContain("a.onnx: expected more bytes, received none in 0.5 s");
    expect(performance.now() - start).toBeLessThan(3000);
    expect(requests.length).toBeLessThanOrEqual(1);
    await expect(loadModel(url, { stallTimeout: 500 })).rejects.toThrow(/none in 0\.5 s/);
  });

  test("and says meanwhile that it waits, so that no device is taken for hung", async () => {
    const { url } = await serving((_path, response) => response.writeHead(200, { "content-length": 10 }).write("abc"));
    const reports: unknown[] = [];
    const onProgress = (...report: unknown[]): void => void reports.push(report);
    await failure(fetchFile(`${url}a.onnx`, { stallTimeout: 3500, onProgress }));
    expect(reports.length).toBeGreaterThanOrEqual(3);
    expect(reports.at(-1)).toEqual([3, 10]);
  });

  test.each([NaN, -1, 0])("a stallTimeout of %s is refused before anything is asked for", async (stallTimeout) => {
    const { url, requests } = await serving((_path, response) => response.end("abc"));
    const error = await failure(fetchFile(url, { stallTimeout }));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain("stallTimeout: expected a number from 1 to Infinity (milliseconds without a byte)");
    expect(requests).toEqual([]);
  });

  test("but a slow one may take longer than that", async () => {
    const { url } = await serving((_path, response) => {
      let sent = 0;
      const timer = setInterval(
        () => (sent++ < 12 ? response.write("abc") : (clearInterval(timer), response.end())),
        100,
      );
    });
    expect((await fetchFile(url, { stallTimeout: 1000 })).length).toBe(36);
  });
});

describe("an HTML page instead of a model is said at once", () => {
  test.each(["<!doctype html><p>", "\n  <html>", "\ufeff<!DOCTYPE html>"])("%j", async (page) => {
    const { url, requests } = await serving((_path, response) => void endless(response, page));
    const manifest = await failure(loadModel(`${url}m/model.json`));
    expect(manifest.message).toContain(
      `expected model.json, received an HTML page from ${url}m/model.json. Serve the model`,
    );
    const file = await failure(fetchFile(`${url}embedder.onnx`, { bytes: 5e6, sha256: "0".repeat(64) }));
    expect(file.message).toContain(`expected embedder.onnx, received an HTML page from ${url}embedder.onnx`);
    expect(requests.length).toBe(2);
  });
});

describe("a model.json", () => {
  test("that never ends is given up after 1 MB", async () => {
    let closed: Promise<void> | undefined;
    const { url, requests } = await serving(
      (_path, response) => void (closed = endless(response, `[${"0,".repeat(5000)}`)),
    );
    const error = await failure(loadModel(url));
    expect(error.message).toContain("expected at most 1048576 bytes");
    expect(requests.length).toBe(1);
    await closed;
  });

  test("of more than 1 MB from a reader is refused, too", async () => {
    const read = async (): Promise<Uint8Array> => new Uint8Array(2 ** 20 + 1).fill(32);
    await expect(loadModel("m", { read })).rejects.toThrow(/at most 1048576 bytes/);
  });

  test("of 65 files is refused, and of 64 only those of the networks are fetched", async () => {
    const folder = modelFolder();
    const json = JSON.parse(Buffer.from(folder["model.json"]!).toString()) as { files: Record<string, object> };
    for (let i = 0; i < 62; i++) json.files[`unused${i}`] = { ...json.files["embedder"], path: `unused${i}.onnx` };
    folder["model.json"] = Buffer.from(JSON.stringify(json));
    const { url, requests } = await serving((path, response) => void response.end(folder[path.slice(1)]));
    expect(Object.keys((await loadModel(url)).files)).toEqual(["embedder", "colorizer"]);
    expect(requests).toEqual(["/model.json", "/embedder.onnx", "/sub/colorizer.onnx"]);
    json.files["more"] = json.files["embedder"]!;
    folder["model.json"] = Buffer.from(JSON.stringify(json));
    expect((await failure(loadModel(url))).message).toContain("$.files: expected an object that names 1 to 64 files");
  });

  test.each([
    ["files", (json: { files: object }) => (json.files = Object.fromEntries(listOf(20_000).map((i) => [`f${i}`, {}])))],
    ["numbers", (json: { embedder: object }) => (json.embedder = { ...json.embedder, mean: listOf(150_000) })],
    [
      "cells",
      (json: { colorizer: object }) => (json.colorizer = { output: { kind: "cells", cells: listOf(150_000) } }),
    ],
  ])("of 1 MB of %s is checked in about a second", (_, change) => {
    const json = JSON.parse(Buffer.from(modelFolder()["model.json"]!).toString()) as never;
    change(Object.assign(json, { format: 2 }));
    const before = process.cpuUsage();
    expect(() => parseManifest(json, "m")).toThrow(ManifestError);
    expect(process.cpuUsage(before).user / 1e3).toBeLessThan(1500);
  });
});

function listOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

test("memory is taken as data arrives, whatever size is announced", async () => {
  const { url } = await serving((_path, response) => {
    response.writeHead(200, { "content-length": 2 ** 31 });
    response.write(Buffer.alloc(100_000));
  });
  const before = process.memoryUsage();
  let most = 0;
  const onProgress = (): void => {
    const { arrayBuffers, rss } = process.memoryUsage();
    most = Math.max(most, arrayBuffers - before.arrayBuffers, rss - before.rss);
  };
  await failure(fetchFile(url, { bytes: 2 ** 31, stallTimeout: 300, onProgress }));
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(50e6);
});
