/** Bare ONNX files: which preset fits, and the manifest that it makes. */
import { createHash } from "node:crypto";
import onnxProto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { InputError, ManifestError } from "../../../src/base/errors";
import { loadModel, type ModelReader } from "../../../src/weights/model/files";
import { parseManifest } from "../../../src/weights/model/manifest";
import { manifestFor } from "../../../src/weights/model/presets";

import { buildModel, node, type ValueSpec } from "../../../tools/onnx-writer";

type Ports = readonly (ValueSpec & { readonly shape: readonly (number | string)[] })[];

/** A file with these inputs and outputs; what it computes does not matter here. */
function file(inputs: Ports, outputs: readonly ValueSpec[]): Uint8Array {
  const nodes = outputs.map(({ name }) => node("Identity", [inputs[0]!.name], [name]));
  return buildModel({ inputs, outputs, nodes });
}

const open = (name: string, channels: number | string) => ({ name, shape: [1, channels, "h", "w"] });
const of = async (bytes: Uint8Array, preset?: string) =>
  parseManifest(await manifestFor({ bytes, name: "some model.onnx", where: "/m/some model.onnx", preset }), "test");

const SIGGRAPH17 = file([open("data_l", 1), open("user_ab", 2), open("user_map", 1)], [open("color_ab", 2)]);

describe("recognised by inputs and outputs", () => {
  test("siggraph17: L*, and hints", async () => {
    const { files, colorizer, ...facts } = await of(SIGGRAPH17);
    const sha256 = createHash("sha256").update(SIGGRAPH17).digest("hex");
    expect(facts).toMatchObject({ name: "some model", version: sha256.slice(0, 12) });
    expect(facts.license).toMatch(/^BSD-2-Clause/);
    expect(files).toEqual({ network: { path: "some_model.onnx", sha256, bytes: SIGGRAPH17.length } });
    expect(colorizer).toEqual({
      file: "network",
      inputs: [
        { name: "data_l", kind: "lightness", channels: 1, scale: 1, offset: 0 },
        { name: "user_ab", kind: "hintChroma", channels: 2, scale: 1 },
        { name: "user_map", kind: "hintMask", channels: 1 },
      ],
      output: { name: "color_ab", kind: "ab", scale: 1 },
      size: { pixels: 256, multiple: 8, shape: "free" },
      saturation: 1,
      knee: 0,
    });
  });

  test("eccv16: L* alone", async () => {
    const { colorizer } = await of(file([open("data_l", 1)], [open("color_ab", 2)]));
    expect(colorizer.inputs).toEqual([{ name: "data_l", kind: "lightness", channels: 1, scale: 1, offset: 0 }]);
    expect(colorizer.output.kind).toBe("ab");
  });

  test("ddcolor and deoldify by the channels of the output; the size is the file's", async () => {
    const square = (name: string, channels: number, side: number) => ({ name, shape: [1, channels, side, side] });
    const ddcolor = await of(file([square("input", 3, 256)], [square("output", 2, 256)]));
    expect(ddcolor.colorizer.inputs[0]).toMatchObject({ kind: "grey", channels: 3, range: [0, 1] });
    expect(ddcolor.colorizer.output).toEqual({ name: "output", kind: "ab", scale: 1 });
    expect(ddcolor.colorizer.size).toEqual({ pixels: 256, multiple: 256, shape: "square" });
    const deoldify = await of(file([open("input", 3)], [open("output", 3)]));
    expect(deoldify.colorizer.inputs[0]).toMatchObject({ kind: "grey", range: [0, 255] });
    expect(deoldify.colorizer.output).toEqual({ name: "output", kind: "rgb", range: [0, 255] });
    expect(deoldify.colorizer.size).toEqual({ pixels: 512, multiple: 32, shape: "square" });
  });

  test("the order of the inputs does not matter", async () => {
    const mixed = file([open("user_map", 1), open("data_l", 1), open("user_ab", 2)], [open("color_ab", 2)]);
    expect((await of(mixed)).colorizer.inputs.map(({ name }) => name)).toEqual(["data_l", "user_ab", "user_map"]);
  });
});

describe("what fits no preset", () => {
  test("an error lists what the file has, what presets expect, and --preset", async () => {
    const other = file([open("pixels", 3)], [open("mask", 5), { name: "boxes" }]);
    await expect(of(other)).rejects.toThrow(ManifestError);
    await expect(of(other)).rejects.toThrow(
      /some model\.onnx: expected a network of one of the presets siggraph17: data_l \[1, 1, H, W\], user_ab \[1, 2, H, W\], .*eccv16: .*ddcolor: input \[1, 3, H, W\] -> output \[1, 2, H, W\].*received inputs pixels \[1, 3, h, w\] -> outputs mask \[1, 5, h, w\], boxes of unknown shape.*--preset/,
    );
  });

  test("other names are not taken for a preset until it is named", async () => {
    const renamed = file([open("l", 1), open("hint", 2), open("mask", 1)], [open("ab", 2)]);
    await expect(of(renamed)).rejects.toThrow(/If it is one of these under other names, name the preset/);
    expect((await of(renamed, "siggraph17")).colorizer.inputs.map(({ name }) => name)).toEqual(["l", "hint", "mask"]);
    const openChannels = file([open("x", "c")], [{ name: "y" }]);
    expect((await of(openChannels, "deoldify")).colorizer.output.name).toBe("y");
  });

  test("a preset that does not fit, an unknown one, and a picture that is not square", async () => {
    await expect(of(SIGGRAPH17, "ddcolor")).rejects.toThrow(
      /of the preset ddcolor: input .*The other presets are siggraph17, /,
    );
    await expect(of(SIGGRAPH17, "ddcolour")).rejects.toThrow(
      /preset: expected siggraph17, eccv16, ddcolor, deoldify, received ddcolour/,
    );
    const wide = { name: "data_l", shape: [1, 1, 64, 128] };
    await expect(of(file([wide], [open("color_ab", 2)]))).rejects.toThrow(/input "data_l": expected a square picture/);
  });
});

describe("loadModel", () => {
  const read = (name: string) => async (path: string) => {
    expect(path).toBe(name);
    return SIGGRAPH17;
  };

  test("reads a bare file, whose name may be encoded", async () => {
    const seen: string[] = [];
    const { manifest, files } = await loadModel("/m/my%20model%231.onnx?v=2", {
      read: read("my model#1.onnx"),
      onFile: (file) => void seen.push(file),
    });
    expect([manifest.name, manifest.files["network"]!.path]).toEqual(["my model#1", "my_model_1.onnx"]);
    expect(files["network"]).toBe(SIGGRAPH17);
    expect(seen).toEqual(["network"]);
  });

  test("reads a file that the visitor picked, whose name is in the fragment of its address", async () => {
    const address = URL.createObjectURL(new Blob([SIGGRAPH17 as Uint8Array<ArrayBuffer>]));
    const { manifest, files } = await loadModel(`${address}#my%20own.onnx`);
    expect(manifest.name).toBe("my own");
    expect(Buffer.from(files["network"]!).equals(SIGGRAPH17)).toBe(true);
    expect((await loadModel(address)).manifest.name).toBe("network");
  });

  test("refuses a picked file whose tensors lie in another one", async () => {
    const model = onnxProto.onnx.ModelProto.decode(SIGGRAPH17);
    const externalData = [{ key: "location", value: "more.bin" }];
    model.graph!.initializer = [{ name: "w", dims: [1], dataType: 1, dataLocation: 1, externalData }] as never;
    const split = onnxProto.onnx.ModelProto.encode(model).finish().slice();
    const address = URL.createObjectURL(new Blob([split]));
    await expect(loadModel(`${address}#split.onnx`)).rejects.toThrow(
      "split.onnx: expected all of the network in one file, received tensors in another file, more.bin.",
    );
  });

  test("refuses a file whose tensors lie in more files than a model.json may name, and asks for none of them", async () => {
    const model = onnxProto.onnx.ModelProto.decode(SIGGRAPH17);
    model.graph!.initializer = Array.from({ length: 65 }, (_, i) => ({
      ...{ name: `w${i}`, dims: [1], dataType: 1, dataLocation: 1 },
      externalData: [{ key: "location", value: `${i}.bin` }],
    })) as never;
    const split = onnxProto.onnx.ModelProto.encode(model).finish().slice();
    const asked: string[] = [];
    const one: ModelReader = async (path) => (asked.push(path), split);
    await expect(loadModel("/m/split.onnx", { read: one })).rejects.toThrow(
      "/m/split.onnx: expected weights in at most 64 other files, received in 65.",
    );
    expect(asked).toEqual(["split.onnx"]);
  });

  test("refuses a preset for a model with a manifest", async () => {
    await expect(loadModel("/m/", { preset: "eccv16", read: read("model.json") })).rejects.toThrow(InputError);
  });
});
