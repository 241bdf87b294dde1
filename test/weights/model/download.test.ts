import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DownloadError } from "../../../src/base/errors";
import { fetchFile } from "../../../src/weights/model/download";
import { answer, type TestServer } from "../../shared/answering-server";

const BODY = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 255);
const SHA = createHash("sha256").update(BODY).digest("hex");

let server: TestServer;
/** What requests asked for by a Range header, in order of arrival. */
let ranges: (string | undefined)[];

/** Sends `bytes` from the place that the request asks for, but at most `most` of them before it breaks the connection. */
function sendRest(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse, most = Infinity): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from });
  if (from + most >= bytes.length) response.end(bytes.subarray(from));
  else response.write(bytes.subarray(from, from + most), () => response.destroy());
}

beforeEach(async () => {
  ranges = [];
  server = await answer((path, response, nth, request) => {
    ranges.push(request.headers.range);
    switch (path.replace(/\?.*/, "")) {
      case "/ok":
        return response.writeHead(200, { "content-length": BODY.length }).end(BODY);
      case "/chunked":
        response.write(BODY.subarray(0, 1000));
        return response.end(BODY.subarray(1000));
      case "/twice-500":
        return nth <= 2 ? response.writeHead(500).end("no") : response.end(BODY);
      case "/500":
        return response.writeHead(503).end();
      case "/truncated":
        response.writeHead(200, { "content-length": BODY.length });
        return response.write(BODY.subarray(0, 5000), () => response.destroy());
      case "/short":
        return response.end(BODY.subarray(0, 5000));
      case "/cut":
        response.write(BODY.subarray(0, 4000));
        return response.end(BODY.subarray(4000, 5000));
      case "/other":
        return response.end("another file");
      case "/stale":
        return response.end(nth === 1 ? Buffer.alloc(BODY.length) : BODY);
      case "/stale-size":
        return response.end(nth === 1 ? Buffer.alloc(BODY.length + (request.url!.endsWith("longer") ? 9 : -9)) : BODY);
      case "/slow":
        response.writeHead(200, { "content-length": BODY.length });
        return response.write(BODY.subarray(0, 5000));
      case "/breaks":
        return sendRest(BODY, request, response, 50_000);
      case "/breaks-often":
        return sendRest(BODY, request, response, 20_000);
      case "/ranges":
        return sendRest(BODY, request, response);
      case "/busy":
        return nth === 2 ? response.writeHead(503).end() : sendRest(BODY, request, response, 150_000);
      case "/forgets-ranges":
        if (nth === 1) return sendRest(BODY, request, response, 50_000);
        return nth === 2 ? response.writeHead(416).end() : response.writeHead(200).end(BODY);
      case "/whole-again":
        if (nth > 1) delete request.headers.range;
        return sendRest(BODY, request, response, nth > 1 ? Infinity : 50_000);
      case "/drop":
        return response.destroy();
      default:
        return response.writeHead(404).end();
    }
  });
});
afterEach(() => server.close());

const get = (path: string, options: Parameters<typeof fetchFile>[1] = {}): Promise<Uint8Array> =>
  fetchFile(server.url + path, { retryDelay: 1, ...options });

async function failure(promise: Promise<unknown>): Promise<DownloadError> {
  const error: unknown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof DownloadError)) throw new Error(`no DownloadError: ${String(error)}`);
  return error;
}

const same = (bytes: Uint8Array): boolean => Buffer.compare(bytes, BODY) === 0;

test("fetches, checks and reports progress up to the total", async () => {
  const seen: [number, number | undefined][] = [];
  const onProgress = (loaded: number, total: number | undefined): void => void seen.push([loaded, total]);
  expect(same(await get("ok", { bytes: BODY.length, sha256: SHA, onProgress }))).toBe(true);
  expect(seen.at(-1)).toEqual([BODY.length, BODY.length]);
  expect(seen.every(([loaded], i) => i === 0 || loaded >= seen[i - 1]![0])).toBe(true);
});

test("without a known size", async () => {
  const seen: (number | undefined)[] = [];
  expect(same(await get("chunked", { onProgress: (_, total) => seen.push(total) }))).toBe(true);
  expect(seen.at(-1)).toBeUndefined();
});

test("retries twice after 500, then fails with 503", async () => {
  expect(same(await get("twice-500", { sha256: SHA }))).toBe(true);
  expect(server.requests).toHaveLength(3);
  const error = await failure(get("500"));
  expect(error.received).toBe("HTTP 503 Service Unavailable");
  expect(server.requests).toHaveLength(6);
});

test("404 is final", async () => {
  const error = await failure(get("missing"));
  expect(error.where).toBe(`${server.url}missing`);
  expect(error.received).toBe("HTTP 404 Not Found");
  expect(error.hint).toContain("model.json");
  expect(server.requests).toHaveLength(1);
});

test("retries after a broken connection", async () => {
  const error = await failure(get("truncated"));
  expect(error.received).toContain("a broken connection");
  expect(server.requests).toHaveLength(3);
  expect((await failure(get("drop"))).expected).toBe("an answer");
});

describe("after a broken connection", () => {
  const all = { bytes: BODY.length, sha256: SHA, cache: "none" } as const;

  test("asks for the rest only", async () => {
    const seen: number[] = [];
    const error = await failure(get("breaks", { ...all, onProgress: (loaded) => seen.push(loaded) }));
    expect(error.received).toContain("a broken connection");
    expect(ranges).toEqual([undefined, "bytes=50000-", "bytes=100000-"]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(150_000);
  });

  test("keeps what came while the server is busy", async () => {
    expect(same(await get("busy", all))).toBe(true);
    expect(ranges).toEqual([undefined, "bytes=150000-", "bytes=150000-"]);
  });

  test("asks for all of a file without a hash, which could have become another one", async () => {
    await failure(get("breaks", { bytes: BODY.length }));
    expect(ranges).toEqual([undefined, undefined, undefined]);
  });

  test.each(["forgets-ranges", "whole-again"])("begins anew with a server of another mind: %s", async (path) => {
    expect(same(await get(path, all))).toBe(true);
  });
});

test("rejects a body shorter or longer than the manifest's bytes", async () => {
  expect((await failure(get("short", { bytes: BODY.length }))).received).toBe("5000 bytes");
  expect((await failure(get("cut", { bytes: BODY.length }))).received).toContain(`5000 of ${BODY.length} bytes came`);
  expect((await failure(get("ok", { bytes: 10 }))).received).toBe(`${BODY.length} bytes`);
  expect((await failure(get("chunked", { bytes: 10 }))).received).toBe("more");
});

test("after a wrong hash, retries once without the HTTP cache, then fails", async () => {
  const error = await failure(get("other", { sha256: SHA }));
  expect(error.expected).toBe(`SHA-256 ${SHA}`);
  expect(server.requests).toHaveLength(2);
  expect(same(await get("stale", { sha256: SHA.toUpperCase() }))).toBe(true);
});

test.each(["longer", "shorter"])("asks once more without the HTTP cache for a file that is %s", async (kind) => {
  expect(same(await get(`stale-size?${kind}`, { bytes: BODY.length, sha256: SHA }))).toBe(true);
  expect(server.requests).toHaveLength(2);
  const error = await failure(get(`stale-size?${kind}`, { bytes: BODY.length - 1, sha256: SHA }));
  expect(error.expected).toBe(`${BODY.length - 1} bytes`);
  expect(server.requests).toHaveLength(4);
});

test("reports an unreachable address", async () => {
  expect((await failure(fetchFile("http://127.0.0.1:1/", { retryDelay: 1 }))).hint).toContain("CORS");
});

describe("abort", () => {
  test("before, during and between attempts", async () => {
    await expect(get("ok", { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(server.requests).toHaveLength(0);
    const during = new AbortController();
    const slow = get("slow", { signal: during.signal, onProgress: () => during.abort(new Error("enough")) });
    await expect(slow).rejects.toThrow("enough");
    const waiting = get("500", { signal: AbortSignal.timeout(150), retryDelay: 60_000 });
    await expect(waiting).rejects.toThrow(/timeout/i);
  });
});

test("without crypto.subtle, fails before any request, because hashes cannot be checked", async () => {
  vi.stubGlobal("crypto", {});
  const error = await failure(get("ok", { sha256: SHA }));
  vi.unstubAllGlobals();
  expect(error.hint).toContain("https");
  expect(server.requests).toHaveLength(0);
});

describe("the Cache API", () => {
  /** A fake with the methods that are used. */
  function fakeCaches(put?: () => Promise<void>): Map<string, Uint8Array> {
    const entries = new Map<string, Uint8Array>();
    const cache = {
      match: async (key: string) => {
        const bytes = entries.get(key);
        return bytes && new Response(bytes as Uint8Array<ArrayBuffer>);
      },
      put:
        put ??
        (async (key: string, response: Response) =>
          void entries.set(key, new Uint8Array(await response.arrayBuffer()))),
      delete: async (key: string) => entries.delete(key),
    };
    vi.stubGlobal("caches", { open: async () => cache });
    return entries;
  }
  afterEach(() => void vi.unstubAllGlobals());

  test("stores a file by its address and hash", async () => {
    const entries = fakeCaches();
    await get("ok?v=2", { sha256: SHA });
    expect([...entries.keys()]).toEqual([`${server.url}ok?v=2&colorize-canvas-sha256=${SHA}`]);
    const progress = vi.fn();
    expect(same(await get("ok?v=2", { sha256: SHA, onProgress: progress }))).toBe(true);
    expect(progress).toHaveBeenCalledExactlyOnceWith(BODY.length, BODY.length, true);
    expect(server.requests).toHaveLength(1);
  });

  test("drops a damaged entry and fetches again", async () => {
    const entries = fakeCaches();
    await get("ok", { sha256: SHA });
    const [key] = entries.keys();
    entries.set(key!, BODY.subarray(1));
    expect(same(await get("ok", { sha256: SHA }))).toBe(true);
    expect(server.requests).toHaveLength(2);
    expect(same(entries.get(key!)!)).toBe(true);
  });

  test("drops a truncated entry, also when the cache has no room for the file", async () => {
    const entries = fakeCaches(() => Promise.reject(new DOMException("full", "QuotaExceededError")));
    entries.set(`${server.url}ok?colorize-canvas-sha256=${SHA}`, BODY.subarray(1));
    expect(same(await get("ok", { sha256: SHA, bytes: BODY.length }))).toBe(true);
    expect(entries.size).toBe(0);
  });

  test("keeps what came before the connection broke for the next visit, and nothing after that", async () => {
    const entries = fakeCaches();
    const part = `${server.url}breaks-often?colorize-canvas-part=${SHA}`;
    for (let visit = 1; visit <= 3; visit++) {
      await failure(get("breaks-often", { sha256: SHA, bytes: BODY.length }));
      expect([...entries].map(([key, { length }]) => [key, length])).toEqual([[part, visit * 60_000]]);
    }
    expect(same(await get("breaks-often", { sha256: SHA, bytes: BODY.length }))).toBe(true);
    expect(ranges.slice(-2)).toEqual(["bytes=160000-", "bytes=180000-"]);
    expect([...entries.keys()]).toEqual([`${server.url}breaks-often?colorize-canvas-sha256=${SHA}`]);
  });

  test("keeps what came before an abort", async () => {
    const entries = fakeCaches();
    const job = new AbortController();
    const slow = get("slow", { sha256: SHA, signal: job.signal, onProgress: () => job.abort(new Error("enough")) });
    await expect(slow).rejects.toThrow("enough");
    expect([...entries.values()].map(({ length }) => length)).toEqual([5000]);
  });

  test("takes no part of another file for the beginning of this one", async () => {
    const entries = fakeCaches();
    entries.set(`${server.url}ranges?colorize-canvas-part=${SHA}`, Buffer.alloc(5000));
    expect(same(await get("ranges", { sha256: SHA, bytes: BODY.length }))).toBe(true);
    expect(ranges).toEqual(["bytes=5000-", undefined]);
  });

  test("is not used without a hash, with cache: none, or when it is full", async () => {
    const entries = fakeCaches();
    await get("ok");
    await get("ok", { sha256: SHA, cache: "none" });
    expect(entries.size).toBe(0);
    fakeCaches(() => Promise.reject(new DOMException("full", "QuotaExceededError")));
    expect(same(await get("ok", { sha256: SHA }))).toBe(true);
  });
});

test("rejects file: URLs at once, with a hint to the Node entry", async () => {
  const error = await failure(fetchFile("file:///models/model.json", { retryDelay: 60_000 }));
  expect(error.received).toContain("file: address");
  expect(error.hint).toContain("colorize-canvas/node");
});
