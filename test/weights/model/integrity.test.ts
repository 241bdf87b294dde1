import { createHash } from "node:crypto";
import { afterEach, expect, it, vi } from "vitest";
import { sha256Of } from "../../../src/weights/model/integrity";

const small = new Uint8Array(1000).fill(7);
const large = Uint8Array.from({ length: 2 ** 21 + 5 }, (_, i) => (i * 31) % 251);
const expected = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A worker that answers the last piece by `answer`. */
function stubWorker(answer: (pieces: readonly ArrayBuffer[]) => ArrayBuffer | undefined | Error): { ended: number } {
  const seen = { ended: 0 };
  class Stub extends EventTarget {
    readonly pieces: ArrayBuffer[] = [];
    length = 0;
    postMessage(piece: ArrayBuffer | number): void {
      if (typeof piece === "number") return void (this.length = piece);
      this.pieces.push(piece);
      if (this.pieces.reduce((sum, { byteLength }) => sum + byteLength, 0) < this.length) return;
      const data = answer(this.pieces);
      this.dispatchEvent(data instanceof Error ? new Event("error") : new MessageEvent("message", { data }));
    }
    terminate(): void {
      seen.ended++;
    }
  }
  vi.stubGlobal("Worker", Stub);
  return seen;
}

it("hashes on this thread without workers, and for small files", async () => {
  expect(await sha256Of(large)).toBe(expected(large));
  vi.stubGlobal(
    "Worker",
    vi.fn(() => expect.unreachable()),
  );
  expect(await sha256Of(small)).toBe(expected(small));
});

it("has a worker hash large files, piece by piece, and ends it", async () => {
  const answer = Uint8Array.from({ length: 32 }, (_, i) => i).buffer;
  let lengths: number[] = [];
  const seen = stubWorker((pieces) => {
    lengths = pieces.map(({ byteLength }) => byteLength);
    const joined = Buffer.concat(pieces.map((piece) => new Uint8Array(piece)));
    return joined.equals(large) ? answer : undefined;
  });
  for (const file of [large, Buffer.from(large)]) {
    expect(await sha256Of(file)).toBe(Buffer.from(answer).toString("hex"));
    expect(lengths).toEqual([2 ** 20, 2 ** 20, 5]);
    expect(file, "it is still there").toHaveLength(2 ** 21 + 5);
  }
  expect(seen.ended).toBe(2);
});

it.each([
  ["fails", () => new Error("no")],
  ["cannot hash", () => undefined],
])("hashes here when the worker %s", async (_, answer) => {
  const seen = stubWorker(answer);
  expect(await sha256Of(large)).toBe(expected(large));
  expect(seen.ended).toBe(1);
});

it("hashes here when the worker says nothing", async () => {
  vi.useFakeTimers();
  const seen = { ended: 0 };
  class Silent extends EventTarget {
    postMessage(): void {}
    terminate(): void {
      seen.ended++;
    }
  }
  vi.stubGlobal("Worker", Silent);
  const hash = sha256Of(large);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await hash).toBe(expected(large));
  expect(seen.ended).toBe(1);
});

it("hashes here when the page may not start a worker", async () => {
  vi.stubGlobal(
    "Worker",
    class {
      constructor() {
        throw new DOMException("not allowed", "SecurityError");
      }
    },
  );
  expect(await sha256Of(large)).toBe(expected(large));
});
