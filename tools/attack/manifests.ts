/** Damaged and hostile model.json files: refused by a typed error, or the model colours a picture and keeps its lightness. */
import { ManifestError } from "../../src/base/errors";
import { Colorizer } from "../../src/colorizer/colorizer";
import { rgbToLab, type Triple } from "../../src/image/lab";
import { randoms } from "../../test/shared/randoms";
import { tinyModel } from "../../test/shared/tiny-model";
import { modelFiles } from "../model-files";
import { buildModel, node } from "../onnx-writer";
import { Finding, type Attack, type Checked } from "./attack";
import { JSON_MUTATIONS } from "./json-mutations";
import { mutant, shorter } from "./mutations";
import { attackedDevice, expectLive, refusal } from "./promises";

/** A network of one convolution from the lightness to `channels`, through an op. */
function network(channels: number, op: string): Uint8Array {
  return buildModel({
    inputs: [{ name: "picture", shape: [1, 1, "h", "w"] }],
    outputs: [{ name: "colour" }],
    nodes: [node("Conv", ["picture", "w"], ["sum"], { kernel_shape: [1, 1] }), node(op, ["sum"], ["colour"])],
    initializers: [{ name: "w", shape: [channels, 1, 1, 1], data: randoms(channels, 3, -0.01, 0.01) }],
  });
}

const FILES: Readonly<Record<string, Uint8Array>> = {
  ...tinyModel(),
  "ab.onnx": network(2, "Tanh"),
  "rgb.onnx": network(3, "Sigmoid"),
  "cells.onnx": network(4, "Identity"),
};

const picture = { width: 20, height: 12, data: Uint8Array.from(randoms(20 * 12 * 4, 3, 0, 256), Math.floor) };
/** Mean change of CIE lightness by rounding to bytes and by colours that sRGB does not have. */
const LIGHTNESS = 1.5;
/** A manifest may ask for pictures as large as the format allows, which a software driver takes minutes for. */
const MOST_FLOPS = 1e9;
const MOST_BYTES = 2 ** 27;

function checkPicture(data: ArrayLike<number>): void {
  if (data.length !== picture.data.length)
    throw new Finding(`${data.length} bytes of a picture of ${picture.data.length}`);
  let change = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] !== picture.data[i + 3]) throw new Finding("another transparency");
    const lightness = (of: ArrayLike<number>): number =>
      rgbToLab([0, 1, 2].map((c) => of[i + c]! / 255) as unknown as Triple)[0];
    change += Math.abs(lightness(data) - lightness(picture.data));
  }
  change /= data.length / 4;
  if (change > LIGHTNESS) throw new Finding(`the lightness changed by ${change.toFixed(2)}`);
}

async function check(bytes: Uint8Array): Promise<Checked> {
  const { device, live } = await attackedDevice();
  const before = live();
  let colorizer: Colorizer | undefined;
  try {
    const read = async (path: string): Promise<Uint8Array> => {
      if (path === "model.json") return bytes;
      if (/^\/|\\|:|(^|\/)\.\.?(\/|$)|\0/.test(decodeURIComponent(path)))
        throw new Finding(`the file "${path}" is asked for`);
      const file = FILES[path];
      if (file) return file;
      throw new ManifestError({ where: path, expected: "a file", received: "none" });
    };
    colorizer = await Colorizer.load({ model: "mutant", read, device, precision: "f32" });
    const { flops, peakBytes } = colorizer.plan(picture.width, picture.height);
    if (flops > MOST_FLOPS || peakBytes > MOST_BYTES) return { outcome: "loaded, too large to run here" };
    checkPicture((await colorizer.colorize(picture)).data);
    return { outcome: "coloured a picture" };
  } catch (error) {
    if (error instanceof Finding) throw error;
    return { outcome: refusal(error) };
  } finally {
    colorizer?.dispose();
    await expectLive(live, before);
  }
}

/** A manifest of each kind of input and output. */
async function corpus(): Promise<Record<string, Uint8Array>> {
  const format2 = (path: string, output: object, rest: object = {}): Uint8Array => {
    const files = modelFiles(
      { colorizer: { path, bytes: FILES[path]! } },
      {
        name: "corpus",
        colorizer: {
          file: "colorizer",
          inputs: [{ kind: "lightness", name: "picture", scale: 0.02, offset: -1 }],
          output: { name: "colour", ...output },
          size: { pixels: 32, multiple: 8, shape: "free" },
          ...rest,
        },
      },
    );
    return files["model.json"]!;
  };
  const grey = {
    inputs: [{ kind: "grey", name: "picture", channels: 1, range: [-1, 1] }],
    size: { pixels: 32, multiple: 4, shape: "square" },
  };
  return {
    "format-1.json": FILES["model.json"]!,
    "ab.json": format2("ab.onnx", { kind: "ab", scale: 100 }, { saturation: 1.2, knee: 5 }),
    "rgb-grey-square.json": format2("rgb.onnx", { kind: "rgb", range: [0, 1] }, grey),
    "cells.json": format2("cells.onnx", {
      kind: "cells",
      cells: [
        [0, 0],
        [60, 20],
        [-40, 30],
        [10, -50],
      ],
      temperature: 0.4,
    }),
  };
}

export const manifests: Attack = {
  name: "manifests",
  about: "model.json: its values, keys and lists changed, and byte by byte",
  share: 2,
  seconds: 5,
  memory: 4e8,
  invent: (dice, corpus) => mutant(dice, corpus, JSON_MUTATIONS),
  reductions: shorter,
  corpus,
  check,
};
