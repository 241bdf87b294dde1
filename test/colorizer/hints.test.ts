/** Hints: from places of the photograph to the network's inputs. */
import { beforeAll, describe, expect, it } from "vitest";
import { Colorizer } from "../../src/colorizer/colorizer";
import { checkHints, hintPlanes } from "../../src/colorizer/hints";
import { rgbToLab, type Triple } from "../../src/image/lab";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";
import { tinyReader } from "../shared/tiny-model";

/** A model of the preset siggraph17 that adds every hint's colour at its place to a* = b* = 1. */
const network = buildModel({
  inputs: [
    { name: "data_l", shape: [1, 1, "h", "w"] },
    { name: "user_ab", shape: [1, 2, "h", "w"] },
    { name: "user_map", shape: [1, 1, "h", "w"] },
  ],
  outputs: [{ name: "color_ab", shape: [1, 2, "h", "w"] }],
  nodes: [
    node("Mul", ["user_ab", "user_map"], ["shown"]),
    node("Mul", ["data_l", "zero"], ["nothing"]),
    node("Add", ["nothing", "one"], ["everywhere"]),
    node("Add", ["shown", "everywhere"], ["color_ab"]),
  ],
  initializers: [
    { name: "zero", shape: [1], data: [0] },
    { name: "one", shape: [1], data: [1] },
  ],
});

let colorizer: Colorizer;
beforeAll(async () => {
  colorizer = await Colorizer.load({
    model: "hinted.onnx",
    read: async () => network,
    device: await testDevice(),
    precision: "f32",
  });
});

/** A grey picture of twice the network's width and half its height. */
const [WIDTH, HEIGHT] = [512, 128];
const picture = () => ({ data: new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(150), width: WIDTH, height: HEIGHT });

function labAt({ data }: { data: Uint8ClampedArray }, x: number, y: number): Triple {
  const at = 4 * (y * WIDTH + x);
  return rgbToLab([data[at]! / 255, data[at + 1]! / 255, data[at + 2]! / 255]);
}

/** By how much a* and b* differ from a hint's, and from those without a hint. */
function distanceAt(
  result: { data: Uint8ClampedArray },
  x: number,
  y: number,
  hint: readonly number[] = [0, 0],
): number {
  const [, a, b] = labAt(result, x, y);
  return Math.hypot(a - 1 - hint[0]!, b - 1 - hint[1]!);
}

describe("colorize", () => {
  const color = [190, 120, 90] as const;
  const hints = [{ x: 400, y: 40, radius: 30, color }];

  it("gives a hint's colour at its place alone, at other sizes too, and not to the next picture", async () => {
    const [, a, b] = rgbToLab(color.map((n) => n / 255) as unknown as Triple);
    const result = await colorizer.colorize(picture(), { hints });
    for (const one of [result, await result.withSize(128), await result.withSaturation(1)]) {
      expect(distanceAt(one, 400, 40, [a, b])).toBeLessThan(1.5);
      expect(distanceAt(one, 100, 40)).toBeLessThan(1);
      expect(distanceAt(one, 400, 120)).toBeLessThan(1);
    }
    expect(distanceAt(await colorizer.colorize(picture()), 400, 40)).toBeLessThan(1);
  });

  it("predicts again when the hints of a result change, at the size that it has", async () => {
    const [, a, b] = rgbToLab(color.map((n) => n / 255) as unknown as Triple);
    const plain = await colorizer.colorize(picture(), { size: 128 });
    const hinted = await plain.with({ hints });
    expect(hinted.workingSize).toEqual(plain.workingSize);
    expect(distanceAt(hinted, 400, 40, [a, b])).toBeLessThan(1.5);
    expect(distanceAt(await hinted.with({ hints: [] }), 400, 40)).toBeLessThan(1);
  });

  it.each([
    [{ x: NaN, y: 0, radius: 1, color: "#000000" }, /hints\[0\]\.x: expected a number of pixels, received NaN/],
    [{ x: 0, y: 0, radius: -1, color: "#000000" }, /hints\[0\]\.radius: .*0 or more, received -1/],
    [{ x: 0, y: 0, radius: 1, spread: -1, color: "#000000" }, /hints\[0\]\.spread: .*0 or more, received -1/],
    [{ x: 0, y: 0, radius: 1, color: "red" }, /hints\[0\]\.color: expected "#rrggbb", or three numbers/],
    [{ x: 0, y: 0, radius: 1, color: [0, 0, 256] as const }, /hints\[0\]\.color/],
  ])("refuses %j", async (hint, message) => {
    await expect(colorizer.colorize(picture(), { hints: [hint] })).rejects.toThrow(message);
  });
});

it("refuses more hints than 256", async () => {
  const hints = Array(257).fill({ x: 0, y: 0, radius: 1, color: "#000000" }) as never;
  await expect(colorizer.colorize(picture(), { hints })).rejects.toThrow(/at most 256 hints, received 257/);
});

describe("a network that takes none", () => {
  const color = [190, 120, 90] as const;
  const [, a, b] = rgbToLab(color.map((n) => n / 255) as unknown as Triple);
  /** The left half is lighter. */
  const halves = () => {
    const data = picture().data.map((_, i) => ((i >> 2) % WIDTH < WIDTH / 2 ? 170 : 60));
    return { ...picture(), data };
  };
  const hints = [{ x: 120, y: 60, radius: 10, color }];
  let network: Colorizer;
  beforeAll(async () => {
    const device = await testDevice();
    // The model's own saturation and knee change what is predicted: hints are shown as they are asked for all the same.
    const read = tinyReader({ colorizer: { saturation: 1.6 } });
    network = await Colorizer.load({ model: "tiny", read, device, precision: "f32" });
  });

  /** How far the colour at a place is from the hint's, in a*b*. */
  const from = (result: { data: Uint8ClampedArray }, x: number, y: number): number => {
    const lab = labAt(result, x, y);
    return Math.hypot(lab[1] - a, lab[2] - b);
  };

  it("shows a hint's colour in its region, and the prediction beyond the edge", async () => {
    const plain = await network.colorize(halves());
    const hinted = await network.colorize(halves(), { hints });
    expect(from(plain, 120, 60)).toBeGreaterThan(10);
    for (const [x, y] of [
      [120, 60],
      [20, 110],
      [200, 10],
    ] as const)
      expect(from(hinted, x, y)).toBeLessThan(3);
    expect(labAt(hinted, 500, 60)).toEqual(labAt(plain, 500, 60));
  });

  it("changes a result's hints without another run of the network, and takes them back", async () => {
    const plain = await network.colorize(halves());
    const hinted = await plain.with({ hints });
    expect(from(hinted, 120, 60)).toBeLessThan(3);
    expect(hinted.timings.chroma).toBe(0);
    const warmer = await hinted.with({ warmth: 0.5 });
    expect(from(warmer, 120, 60)).toBeGreaterThan(3);
    expect((await warmer.with({ warmth: 0, hints: [] })).data).toEqual(plain.data);
    expect(from(await hinted.withSize(32), 120, 60)).toBeLessThan(3);
  });
});

describe("at the network's size", () => {
  const working = { size: { width: 8, height: 4 }, padded: { width: 8, height: 8 } };
  const rows = (mask: Float32Array) => Array.from({ length: 8 }, (_, y) => mask.slice(8 * y, 8 * y + 8).join(""));
  const checked = (...list: Parameters<typeof checkHints>[0]) => checkHints(list);

  it("covers the pixels whose centres lie in the disc, and not the padding", () => {
    const disc = hintPlanes(
      checked({ x: 40, y: 40, radius: 16, color: "#ff0000" }),
      { width: 80, height: 40 },
      working,
    );
    expect(rows(disc.mask)).toEqual(["00000000", "00000000", "00011000", "00111100", ...Array(4).fill("00000000")]);
    const [, a, b] = rgbToLab([1, 0, 0]);
    expect([disc.ab[8 * 3 + 4], disc.ab[64 + 8 * 3 + 4]]).toEqual([Math.fround(a), Math.fround(b)]);
  });

  it("covers at least the pixel of the centre; later hints cover earlier ones; those outside cover nothing", () => {
    const hints = checked(
      { x: 1, y: 1, radius: 0, color: "#00ff00" },
      { x: 2, y: 2, radius: 0, color: [128, 128, 128] },
      { x: 900, y: -50, radius: 20, color: "#0000ff" },
    );
    const { ab, mask } = hintPlanes(hints, { width: 80, height: 40 }, working);
    expect(mask.reduce((sum, n) => sum + n)).toBe(1);
    expect(Math.abs(ab[0]!)).toBeLessThan(0.01);
  });
});
