import { describe, expect, it } from "vitest";
import { adapterClass, ConvChoices, nearestKey, shapeKey, type Scores } from "../../../src/graph/lower/conv-choice";
import { DEFAULT_CHOICE } from "../../../src/kernels/conv/algorithms";
import { ENGINE } from "../../../src/session/engine";
import { convCase } from "../../shared/conv-cases";

const facts = (words: object): GPUAdapterInfo => words as GPUAdapterInfo;
const NVIDIA = facts({ vendor: "nvidia", architecture: "ampere" });

function choices(adapterInfo = NVIDIA): ConvChoices {
  const limits = { maxComputeWorkgroupStorageSize: 16_384 } as GPUSupportedLimits;
  return new ConvChoices(
    { adapterInfo, features: new Set() as unknown as GPUSupportedFeatures, limits },
    ENGINE.convolutions,
  );
}

const { params } = convCase("any", [16, 16, 32], [1, 1], 32);
const key = shapeKey(params);

describe("adapterClass", () => {
  it.each([
    [{ vendor: "google", architecture: "swiftshader" }, "cpu", "swiftshader"],
    [{ vendor: "mesa", architecture: "software", device: "llvmpipe-llvm-15" }, "cpu", "llvmpipe"],
    [{ vendor: "microsoft", description: "Microsoft Basic Render Driver" }, "cpu", "basic render"],
    [{ vendor: "unheard", isFallbackAdapter: true }, "cpu", "cpu"],
    [{ vendor: "nvidia", architecture: "ampere" }, "gpu", "nvidia ampere"],
    [{}, "gpu", "gpu"],
  ])("%o is %s, %s", (info, kind, row) => {
    expect(adapterClass(info)).toEqual({ kind, row });
  });
});

describe("shapeKey", () => {
  it("leaves out proportions, pads and slices", () => {
    const same = { inHeight: 8, outHeight: 8, inWidth: 32, outWidth: 32, padTop: 1 };
    expect(shapeKey({ ...params, ...same, slice: { first: 4, channels: 64 } })).toBe(key);
    for (const other of [{ residual: true }, { outWidth: 17 }, { elem: "f16" as const }, { strides: [2, 2] as const }])
      expect(shapeKey({ ...params, ...other })).not.toBe(key);
  });

  it("finds the nearest of a family up to twice the pixels", () => {
    const entries = { "a@100": 1, "a@150": 2, "b@120": 3 };
    expect(nearestKey(entries, "a@100")).toBe("a@100");
    expect(nearestKey(entries, "a@140")).toBe("a@150");
    expect(nearestKey(entries, "a@50")).toBe("a@100");
    expect(nearestKey(entries, "a@301")).toBeUndefined();
    expect(nearestKey(entries, "c@100")).toBeUndefined();
  });
});

describe("ConvChoices", () => {
  it("knows the algorithms of the engine it was made for, and no others", () => {
    const device = { adapterInfo: NVIDIA, features: new Set(), limits: { maxComputeWorkgroupStorageSize: 16_384 } };
    const algorithms = ENGINE.convolutions.filter(({ name }) => name === "direct");
    const own = new ConvChoices(device as unknown as GPUDevice, algorithms);
    expect(choices().admissible(params)).toContain("split/2");
    expect(own.admissible(params).every((choice) => choice.startsWith("direct/"))).toBe(true);
    own.measured = { [key]: { "direct/8": 0.9, "split/2": 0.5 } };
    expect(own.choose(params)).toBe("direct/8");
  });

  it("uses what was measured fastest, here or nearby, by more than the noise", () => {
    const own = choices();
    own.measured = { [key]: { "direct/8": 0.9, "split/2": 0.94, "direct/5": 0.1 } };
    expect(own.choose(params)).toBe("direct/8");
    expect(own.choose({ ...params, outWidth: 20, inWidth: 20 })).toBe("direct/8");
    own.measured = { [key]: { "direct/8": 0.96 } };
    expect(own.choose(params)).toBe(DEFAULT_CHOICE);
  });

  it("passes over names that are unknown, refused or not admissible", () => {
    const own = choices();
    const useless: Scores[] = [{ "magic/1": 0.1 }, { "direct/8": null }, { "subgroup/32": 0.1 }, { "": 0.1 }, {}];
    for (const scores of useless) {
      own.measured = { [key]: scores };
      expect(own.choose(params), JSON.stringify(scores)).toBe(choices().choose(params));
    }
  });

  it("drops what the rules expect where it was measured and did not win", () => {
    const own = choices(facts({ architecture: "swiftshader" }));
    expect(own.choose(params)).toBe("direct/8");
    own.measured = { [key]: { "direct/8": 1.1 } };
    expect(own.choose(params)).toBe(DEFAULT_CHOICE);
  });

  it("counts the convolutions of all programs", () => {
    const own = choices();
    for (let i = 0; i < 3; i++) own.record(params);
    own.choose({ ...params, residual: true });
    expect([...own.seen.values()]).toEqual([{ params, count: 3, choice: DEFAULT_CHOICE }]);
  });

  it("skips a choice that failed to run", () => {
    const own = choices();
    own.measured = { [key]: { "split/8": 0.5 } };
    expect(own.record(params)).toBe("split/8");
    own.check({ [own.shadersOf(params, "split/8")]: null });
    expect(own.unchecked()).toEqual([]);
    expect(own.choose(params)).toBe(DEFAULT_CHOICE);
    expect(own.notes).toEqual(["this GPU fails at convolutions by split/8: another algorithm was used"]);
    expect(own.recordDefault(params)).toBe(DEFAULT_CHOICE);
    expect(own.unchecked().map(({ choice }) => choice)).toEqual([DEFAULT_CHOICE]);
  });

  it("keeps 8-bit weights on software drivers and for few output pixels", () => {
    const swiftshader = choices(facts({ vendor: "google", architecture: "swiftshader" }));
    const small = { ...params, inHeight: 8, inWidth: 8, outHeight: 8, outWidth: 8 };
    for (const [own, size, expected] of [
      [swiftshader, params, "int8/4"],
      [choices(), small, "int8/4"],
      [choices(), params, DEFAULT_CHOICE],
    ] as const) {
      expect(own.choose({ ...size, int8: true })).toBe(expected);
      expect(own.choose(size)).not.toBe("int8/4");
    }
  });
});
