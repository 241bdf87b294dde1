/** Models of format 2 with one network: every kind of input and output, from pixels to pixels. */
import { describe, expect, it } from "vitest";
import { ManifestError } from "../../src/base/errors";
import { Colorizer } from "../../src/colorizer/colorizer";
import { labToRgb, rgbToLab, type Triple } from "../../src/image/lab";
import type { ModelReader } from "../../src/weights/model/files";
import { modelFiles } from "../../tools/model-files";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";

/** Reads a model folder with one network. */
function reader(network: Uint8Array, colorizer: object): ModelReader {
  const files = modelFiles(
    { network: { path: "network.onnx", bytes: network } },
    { colorizer: { file: "network", size: { pixels: 32, multiple: 8 }, ...colorizer } },
  );
  return (path) => Promise.resolve(files[path]!);
}

async function load(network: Uint8Array, colorizer: object): Promise<Colorizer> {
  return Colorizer.load({
    model: "one",
    read: reader(network, colorizer),
    device: await testDevice(),
    precision: "f32",
  });
}

/** A picture of one grey. */
function grey(level: number, width = 40, height = 24): { data: Uint8ClampedArray; width: number; height: number } {
  const data = new Uint8ClampedArray(width * height * 4).fill(level);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height };
}

/** L*, a*, b* in the middle of a result. */
function middle({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }): Triple {
  const at = 4 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return rgbToLab([data[at]! / 255, data[at + 1]! / 255, data[at + 2]! / 255]);
}

function expectColour(actual: Triple, expected: readonly [number, number, number]): void {
  // Half a step of 8 bits is up to 0.6 in a* and b* for these colours.
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!), `${actual.join()}`).toBeLessThan(1));
}

const GREY = 119;
const LIGHTNESS = rgbToLab([GREY / 255, GREY / 255, GREY / 255])[0];

describe("a distribution over cells", () => {
  /** Scores 0, 4 x L* / 100 and the mean of the constant input, at half the size. */
  const network = buildModel({
    inputs: [
      { name: "l", shape: [1, 1, "h", "w"] },
      { name: "hints", shape: [1, 2, "h", "w"] },
    ],
    outputs: [{ name: "scores", shape: [1, 3, "h2", "w2"] }],
    nodes: [
      node("Concat", ["l", "hints"], ["all"], { axis: 1 }),
      node("Conv", ["all", "weights"], ["scores"], { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
    initializers: [
      {
        name: "weights",
        shape: [3, 3, 2, 2],
        data: [0, 0, 0, 1, 0, 0, 0, 1 / 8, 1 / 8].flatMap((w) => [w, w, w, w]),
      },
    ],
  });
  const cells: [number, number][] = [
    [0, 0],
    [40, -20],
    [-30, 40],
  ];
  const colorizer = {
    inputs: [
      { name: "hints", kind: "constant", channels: 2, value: 1 },
      { name: "l", kind: "lightness", scale: 0.01, offset: 0 },
    ],
    output: { name: "scores", kind: "cells", cells, temperature: 0.8 },
  };
  const expected = (temperature: number): [number, number, number] => {
    const weights = [0, (4 * LIGHTNESS) / 100, 1].map((score) => Math.exp(score / temperature));
    const total = weights.reduce((a, b) => a + b, 0);
    const of = (axis: 0 | 1) => weights.reduce((sum, weight, q) => sum + (weight * cells[q]![axis]) / total, 0);
    return [LIGHTNESS, of(0), of(1)];
  };

  it("gives its mean; the temperature can change without another run of the network", async () => {
    const model = await load(network, colorizer);
    const result = await model.colorize(grey(GREY));
    expectColour(middle(result), expected(0.8));
    expectColour(middle(await result.withTemperature(0.1)), expected(0.1));
    const warm = await model.colorize(grey(GREY), { temperature: 5 });
    expectColour(middle(warm), expected(5));
    // The look is kept through other changes.
    const [l, a, b] = expected(5);
    expectColour(middle(await warm.withSaturation(0.5)), [l, a / 2, b / 2]);
    expectColour(middle(await warm.withSize(64)), expected(5));
    // A warmth of 1 raises b* by half of the chroma.
    const c = Math.hypot(a, b);
    expectColour(middle(await warm.withWarmth(1)), [l, a, b + c / 2]);
    expectColour(middle(await model.colorize(grey(GREY), { temperature: 5, warmth: -0.5 })), [l, a, b - c / 4]);
    expectColour(middle(await (await warm.withWarmth(1)).withSaturation(0.5)), [l, a / 2, (b + c / 2) / 2]);
    await expect(result.withWarmth(2)).rejects.toThrow(/warmth: expected a number from -1 to 1/);
    await expect(result.withTemperature(0)).rejects.toThrow(/temperature: expected a number from 0.05 to 10/);
    const plan = model.plan(40, 24);
    expect(plan.peakBytes).toBe(plan.weightBytes + plan.activationBytes + plan.pictureBytes);
    expect(Object.keys(await model.profile(result))).toEqual(["colorizer"]);
    model.dispose();
  });

  it("is shown by the manifest's saturation and knee, which other saturations and temperatures keep", async () => {
    const model = await load(network, { ...colorizer, saturation: 1.5, knee: 20 });
    const shown = (temperature: number, saturation: number): [number, number, number] => {
      const [l, a, b] = expected(temperature);
      const squared = a ** 2 + b ** 2;
      const factor = (1.5 * saturation * squared) / (squared + 400);
      return [l, a * factor, b * factor];
    };
    const result = await model.colorize(grey(GREY));
    expectColour(middle(result), shown(0.8, 1));
    expectColour(middle(await result.withSaturation(2)), shown(0.8, 2));
    expectColour(middle(await result.withTemperature(0.1)), shown(0.1, 1));
    model.dispose();
  });

  it("of another number of cells than the network has is refused at load", async () => {
    const output = { ...colorizer.output, cells: cells.slice(0, 2) };
    const loading = load(network, { ...colorizer, output });
    await expect(loading).rejects.toThrow(ManifestError);
    await expect(loading).rejects.toThrow(/\$\.colorizer\.output: expected an output of shape \[1, 2, 16, 16\]/);
  });
});

describe("a network from grey to sRGB", () => {
  /** R = 0.8 x mean + 40, G = 0.8 x mean, B = 0.8 x mean - 10, in 0 to 255. */
  const network = buildModel({
    inputs: [{ name: "input", shape: [1, 3, "h", "w"] }],
    outputs: [{ name: "output", shape: [1, 3, "h", "w"] }],
    nodes: [node("Conv", ["input", "weights", "bias"], ["output"], { kernel_shape: [1, 1] })],
    initializers: [
      { name: "weights", shape: [3, 3, 1, 1], data: new Array<number>(9).fill(0.8 / 3) },
      { name: "bias", shape: [3], data: [40, 0, -10] },
    ],
  });
  const shift = 0.8 * GREY;
  const [, a, b] = rgbToLab([(shift + 40) / 255, shift / 255, (shift - 10) / 255]);

  it.each(["free", "square"])("takes its a* and b* and keeps the photograph's L*: %s size", async (shape) => {
    const model = await load(network, {
      inputs: [{ name: "input", kind: "grey", range: [0, 255] }],
      output: { name: "output", kind: "rgb", range: [0, 255] },
      size: { pixels: 32, multiple: 8, shape },
    });
    const result = await model.colorize(grey(GREY));
    expectColour(middle(result), [LIGHTNESS, a, b]);
    const { width, height } = result.workingSize;
    expect(width === height).toBe(shape === "square");
    await expect(result.withTemperature(1)).rejects.toThrow(
      /temperature: expected a model that predicts a distribution/,
    );
    model.dispose();
  });
});

it("labToRgb and rgbToLab agree on the greys used here", () => {
  expect(labToRgb([LIGHTNESS, 0, 0])[0]).toBeCloseTo(GREY / 255, 6);
});
