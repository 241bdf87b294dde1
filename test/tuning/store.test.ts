import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tuningFile, tuningFiles } from "../../src/node/tuning-file";
import { browserStore, readMeasured, readVerdicts, tuningKey } from "../../src/tuning/store";

const folder = mkdtempSync(join(tmpdir(), "tuning-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MEASURED = { "family@64": { "direct/8": 0.5, "other/1": null } };

describe("tuningKey", () => {
  it("changes with the package, the adapter and its driver", () => {
    const device = (description: string): GPUDevice => ({ adapterInfo: { vendor: "mesa", description } }) as GPUDevice;
    expect(tuningKey(device("driver 1"))).not.toBe(tuningKey(device("driver 2")));
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(tuningKey(device("driver 1"))).toContain(`${version} | mesa driver 1`);
  });
});

describe("tuningFiles", () => {
  it("give back what was written, by key, and leave no other file", async () => {
    const store = tuningFiles(join(folder, "new"));
    expect(await store.read("a")).toBeUndefined();
    await store.write("a", {});
    await store.write("a", MEASURED);
    await store.write("b", {});
    expect(await store.read("a")).toEqual(MEASURED);
    expect(await store.read("c")).toBeUndefined();
    expect(readdirSync(join(folder, "new"))).toHaveLength(2);
  });

  it.each(["", "{", "null", "[1]", '"text"', '{"key":"another","measured":{}}'])(
    "ignore a file of %j",
    async (content) => {
      writeFileSync(tuningFile("damaged", folder), content);
      expect(await tuningFiles(folder).read("damaged")).toBeUndefined();
    },
  );
});

describe("readMeasured", () => {
  it("keeps what is valid", () => {
    expect(readMeasured(MEASURED)).toEqual(MEASURED);
    expect(readMeasured({ a: { x: "fast", y: -1, z: NaN, w: 0.5 }, b: 3, c: null })).toEqual({
      a: { w: 0.5 },
      b: {},
      c: {},
    });
    for (const nothing of [undefined, null, 7, "text"]) expect(readMeasured(nothing)).toEqual({});
  });
});

describe("readVerdicts", () => {
  it("keeps what is valid", () => {
    expect(readVerdicts({ a: true, b: false, c: null, d: 1, e: { f: true } })).toEqual({ a: true, b: false });
    for (const nothing of [undefined, null, 7, "text"]) expect(readVerdicts(nothing)).toEqual({});
  });
});

it("there is no browser store in Node, nor in pages without storage", () => {
  expect(browserStore()).toBeUndefined();
  const get = (): never => {
    throw new DOMException("denied", "SecurityError");
  };
  Object.defineProperty(globalThis, "indexedDB", { configurable: true, get });
  try {
    expect(browserStore()).toBeUndefined();
  } finally {
    Reflect.deleteProperty(globalThis, "indexedDB");
  }
});
