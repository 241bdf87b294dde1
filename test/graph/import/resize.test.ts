import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { agree, floats, importSketch, int64s, opsOf, type Sketch } from "./harness";

const MODES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric"];
const NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];

function bySizes(sizes: readonly number[], attributes: Parameters<typeof node>[3], opset = 19): Sketch {
  return {
    opset,
    inputs: { x: [1, 2, 5, 7] },
    weights: { sizes: int64s(sizes), none: floats([]) },
    // In opset 11 and 12, roi and scales are there, but empty.
    nodes: [node("Resize", opset < 13 ? ["x", "none", "none", "sizes"] : ["x", "", "", "sizes"], ["y"], attributes)],
  };
}

function byScales(scales: readonly number[], attributes: Parameters<typeof node>[3], opset = 19): Sketch {
  return {
    opset,
    inputs: { x: [1, 2, 5, 7] },
    weights: { scales: floats(scales) },
    nodes: [node("Resize", ["x", "", "scales"], ["y"], attributes)],
  };
}

describe("Resize", () => {
  for (const coordinate_transformation_mode of MODES) {
    const attributes = { mode: "linear", coordinate_transformation_mode };
    it(`linear ${coordinate_transformation_mode}`, async () => {
      await agree(bySizes([1, 2, 8, 3], attributes));
      await agree(byScales([1, 1, 1.7, 2.3], attributes));
      await agree(byScales([1, 1, 0.6, 0.5], attributes));
      await agree(bySizes([1, 2, 1, 1], attributes));
    });
    for (const nearest_mode of NEAREST)
      it(`nearest ${coordinate_transformation_mode} ${nearest_mode}`, async () => {
        await agree(bySizes([1, 2, 13, 3], { ...attributes, mode: "nearest", nearest_mode }));
        await agree(byScales([1, 1, 2, 3], { ...attributes, mode: "nearest", nearest_mode }));
        // At 0.6 a sample of half_pixel_symmetric lies on the border of two pixels, where runtimes round as they please.
        const shrink = coordinate_transformation_mode === "half_pixel_symmetric" ? 0.7 : 0.6;
        await agree(byScales([1, 1, 1.7, shrink], { ...attributes, mode: "nearest", nearest_mode }));
      });
  }

  it("tf_half_pixel_for_nn", async () => {
    const coordinate_transformation_mode = "tf_half_pixel_for_nn";
    const attributes = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode };
    await agree(bySizes([1, 2, 9, 4], attributes, 11));
    await agree(bySizes([1, 2, 10, 14], attributes, 11));
  });

  it("opset 10: scales only", async () => {
    for (const scales of [
      [1, 1, 2, 2],
      [1, 1, 1.5, 2.5],
      [1, 1, 0.5, 0.7],
    ])
      for (const mode of ["nearest", "linear"])
        await agree({
          opset: 10,
          inputs: { x: [1, 2, 6, 7] },
          weights: { scales: floats(scales) },
          nodes: [node("Resize", ["x", "scales"], ["y"], { mode })],
        });
  });

  it("opset 18: axes and an aspect ratio that is kept", async () => {
    await agree(bySizes([8, 3], { mode: "linear", axes: [2, 3] }, 18));
    for (const keep_aspect_ratio_policy of ["not_larger", "not_smaller"])
      await agree(bySizes([12, 15], { mode: "nearest", axes: [2, 3], keep_aspect_ratio_policy }, 18));
  });

  it("one spatial dimension", async () => {
    await agree({
      inputs: { x: [2, 3, 7] },
      weights: { scales: floats([1, 1, 2]) },
      nodes: [node("Resize", ["x", "", "scales"], ["y"], { mode: "linear" })],
    });
  });

  it("an NHWC tensor needs no transposes", async () => {
    const graph = await agree({
      inputs: { x: [1, 5, 6, 3] },
      weights: { scales: floats([1, 2, 2, 1]) },
      nodes: [node("Resize", ["x", "", "scales"], ["y"], { mode: "nearest" })],
    });
    expect(opsOf(graph)).toEqual(["resize"]);
  });

  it("to the same size is nothing", () => {
    expect(opsOf(importSketch(bySizes([1, 2, 5, 7], { mode: "linear" })))).toEqual([]);
  });

  it("refuses axes on which positions overflow or drift", () => {
    const along = (to: number, coordinate_transformation_mode: string): Sketch => ({
      inputs: { x: [1, 2, 48_000] },
      weights: { sizes: int64s([1, 2, to]) },
      nodes: [node("Resize", ["x", "", "", "sizes"], ["y"], { mode: "linear", coordinate_transformation_mode })],
    });
    for (const mode of MODES) expect(opsOf(importSketch(along(16_000, mode)))).toContain("resize");
    for (const mode of MODES.slice(0, 3)) expect(opsOf(importSketch(along(96_000, mode)))).toContain("resize");
    for (const [to, mode] of [
      [96_000, "align_corners"],
      [95_991, "half_pixel"],
    ] as const)
      expect(() => importSketch(along(to, mode))).toThrow(
        new RegExp(`Resize .*an axis of 48000 elements resized to ${to}`),
      );
  });

  it("refuses what it does not do", () => {
    expect(() => importSketch(bySizes([1, 2, 8, 3], { mode: "area" }))).toThrow(/mode=area/);
    const unknown = { mode: "linear", coordinate_transformation_mode: "polar" };
    expect(() => importSketch(bySizes([1, 2, 8, 3], unknown))).toThrow(/coordinate_transformation_mode=polar/);
  });
});

describe("Resize by matrices", () => {
  for (const coordinate_transformation_mode of MODES)
    it(`cubic ${coordinate_transformation_mode}`, async () => {
      const attributes = { mode: "cubic", coordinate_transformation_mode };
      const graph = await agree(bySizes([1, 2, 8, 3], attributes));
      expect(opsOf(graph).filter((op) => op !== "transpose")).toEqual(["matmul", "matmul"]);
      await agree(byScales([1, 1, 1.7, 0.6], { ...attributes, cubic_coeff_a: -0.5, exclude_outside: 1 }));
      await agree(bySizes([1, 2, 1, 1], attributes));
    });

  it("antialiased: elements outside the input are left out, as onnxruntime does always", async () => {
    for (const mode of ["linear", "cubic"])
      for (const sizes of [
        [1, 2, 3, 3],
        [1, 2, 2, 11],
      ])
        await agree(bySizes(sizes, { mode, antialias: 1, exclude_outside: 1 }));
  });

  it("along any axes", async () => {
    for (const mode of ["nearest", "linear"]) {
      await agree({
        inputs: { x: [2, 3, 4] },
        weights: { sizes: int64s([5, 2, 7]) },
        nodes: [node("Resize", ["x", "", "", "sizes"], ["y"], { mode })],
      });
      await agree({
        inputs: { x: [1, 2, 3, 4, 5] },
        weights: { sizes: int64s([1, 2, 6, 3, 9]) },
        nodes: [node("Resize", ["x", "", "", "sizes"], ["y"], { mode })],
      });
    }
  });

  it("tf_crop_and_resize", async () => {
    const roi = floats([0, 0, 0.3, -0.2, 1, 1, 1.4, 0.7]);
    const tf = { coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: 9.5 };
    for (const [mode, size] of [
      ["linear", [1, 2, 6, 4]],
      ["linear", [1, 2, 1, 6]],
      ["nearest", [1, 2, 6, 4]],
    ] as const)
      await agree({
        inputs: { x: [1, 2, 5, 7] },
        weights: { roi, sizes: int64s(size) },
        nodes: [node("Resize", ["x", "roi", "", "sizes"], ["y"], { ...tf, mode })],
      });
  });
});

describe("Upsample", () => {
  for (const mode of ["nearest", "linear"]) {
    it(`${mode}, opset 9`, async () => {
      const scales = floats([1, 1, 2, 3]);
      const nodes = [node("Upsample", ["x", "scales"], ["y"], { mode })];
      await agree({ opset: 9, inputs: { x: [1, 2, 4, 5] }, weights: { scales }, nodes });
    });
    it(`${mode}, opset 7`, async () => {
      const nodes = [node("Upsample", ["x"], ["y"], { mode, scales: { floats: [1, 1, 2, 1.5] } })];
      await agree({ opset: 7, inputs: { x: [1, 2, 4, 5] }, nodes });
    });
  }
});
