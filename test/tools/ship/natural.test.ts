import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { InputError } from "../../../src/base/errors";
import type { Evaluation } from "../../../tools/evaluate/report";
import { shipNatural, type ShipOptions } from "../../../tools/ship/natural";
import { parseManifest } from "../../../src/weights/model/manifest";
import { buildModel, node } from "../../../tools/onnx-writer";

const CELLS = [
  [-10, 0],
  [0, 0],
  [10, 5],
] as const;

const network = buildModel({
  inputs: [{ name: "luminance", shape: [1, 1, "h", "w"] }],
  outputs: [{ name: "scores", shape: [1, CELLS.length, "h", "w"] }],
  nodes: [node("Concat", ["luminance", "luminance", "luminance"], ["scores"], { axis: 1 })],
});
const sha256 = createHash("sha256").update(network).digest("hex");

/** What a report says of the method that it measured. */
const FACTS = { sha256: sha256.slice(0, 12), workingSize: 192, temperature: 0.7, saturation: 1.4 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ship-"));
  writeFileSync(join(folder, "natural.onnx"), network);
  putCells({});
});
afterEach(() => rmSync(folder, { recursive: true }));

function putCells(changes: object): void {
  const training = { steps: 2500, samples: 60_000, batch: 24, minutes: 451.2, backbone: 4 };
  const cells = { temperature: 0.7, saturation: 1.4, knee: 0, size: 192, training, cells: CELLS };
  writeFileSync(join(folder, "cells.json"), JSON.stringify({ ...cells, ...changes }));
}

/** A report of two methods on one set, as `npm run evaluate` writes it. */
function putReport(facts: object): string {
  const grey = { psnr: 22.28, ssim: 0.9364, abRmse: 14.73, abRmsePooled: 16.5, ciede2000: 11.22 };
  const colour = { colourfulness: 0, colourfulnessDifference: -42, neutralKept: 1, frechet: 60 };
  const compared = {
    colourfulnessRatio: 0.46,
    abRmseBelowGrey: 0.162,
    abRmsePooledBelowGrey: 0.17,
    psnrAboveGrey: 1.29,
  };
  const natural = {
    ...grey,
    ...colour,
    ...compared,
    psnr: 23.57,
    abRmse: 12.34,
    neutralKept: 0.69,
    nearerThanGrey: 0.75,
    frechet: 30,
  };
  const set = {
    photographs: 424,
    truthColourfulness: 42,
    grey: { ...grey, ...colour },
    methods: { "inception-table": { ...natural, psnr: 22.72 }, natural },
  };
  const method = { model: "natural 1.0.0", adapter: "some adapter", storage: "f32", ...facts };
  const evaluation: Evaluation = {
    settings: {
      photographs: "evaluation.zip",
      shortSide: 256,
      limit: null,
      rank: "gain",
      methods: { "inception-table": method, natural: method },
    },
    summary: { all: set, kodak: { ...set, photographs: 24 } },
    photographs: [],
    failures: [],
  };
  const path = join(folder, "report.json");
  writeFileSync(path, JSON.stringify(evaluation));
  return path;
}

async function ship(more: Partial<ShipOptions> = {}) {
  const { files, notes } = await shipNatural({ folder, network: "natural.onnx", modelVersion: "1.2.0", ...more });
  const text = (name: string): string => Buffer.from(files[name]!).toString();
  return { files, notes, card: text("README.md"), manifest: JSON.parse(text("model.json")) as object };
}

it("makes a folder with weights, a manifest that is valid, a card and the backbone's licence", async () => {
  const { files, card, manifest, notes } = await ship();
  expect(Object.keys(files)).toEqual(["natural.onnx", "model.json", "README.md", "ResNet50-LICENSE.txt"]);
  expect(Buffer.from(files["natural.onnx"]!).equals(network)).toBe(true);
  const parsed = parseManifest(manifest, "model.json");
  expect(parsed).toMatchObject({
    name: "natural",
    version: "1.2.0",
    files: { network: { path: "natural.onnx", sha256, bytes: network.length } },
    colorizer: { output: { cells: CELLS, temperature: 0.7 }, size: { pixels: 192, multiple: 32 }, saturation: 1.4 },
    training: { steps: 2500 },
    metrics: {},
  });
  expect(card).toContain("# Model card: natural 1.2.0");
  expect(card).toContain("how likely each of 3 colours is");
  expect(card).toContain(
    "60,000 crops (2,500 steps of 24), 451.2 minutes of wall time, with ResNet50's stages from 4 on",
  );
  expect(card).toContain("Not measured yet.");
  expect(card).not.toContain("{{");
  expect(notes).toEqual([expect.stringContaining("no figures yet")]);
  expect(Buffer.from(files["ResNet50-LICENSE.txt"]!).toString()).toMatch(
    /^MIT License\n\nCopyright \(c\) 2019 Paul Spende/,
  );
});

it("fills the card and the manifest with the figures of a report", async () => {
  const report = putReport(FACTS);
  const { card, manifest, notes } = await ship({ report });
  expect(notes).toEqual([]);
  expect(card).toMatch(/\| all \| 424 \| inception-table \| 22\.72 \|/);
  expect(card).toMatch(/\| all \| 424 \| natural \| 23\.57 \|.*\| 16\.2 % \|.*\| 75\.0 % \| 69\.0 % \| 30\.00 \|/);
  expect(card).toMatch(/\| kodak 24 \| 23\.57 \/ 22\.28 dB \|/);
  expect(card).toContain("some adapter");
  const metrics = { evaluation: { all: { photographs: 424, ours: { psnr: 23.57, frechet: 30 } } } };
  expect(manifest).toMatchObject({ metrics });
});

it.each([
  ["other weights", { sha256: "0".repeat(12) }],
  ["another working size", { workingSize: 224 }],
  ["another temperature", { temperature: 1 }],
  ["another saturation", { saturation: 1 }],
  ["another knee", { knee: 5 }],
])("refuses figures of %s", async (_, facts) => {
  const report = putReport({ ...FACTS, ...facts });
  await expect(ship({ report })).rejects.toThrow(
    /--report: expected sha256 \w+, size 192, temperature 0\.7, saturation 1\.4, knee 0, received/,
  );
});

it("says what is wrong with an export", async () => {
  putCells({ cells: CELLS.slice(1) });
  await expect(ship()).rejects.toThrow(
    /natural\.onnx: expected a network luminance -> scores with 2 scores, .* received luminance -> scores with 3/,
  );
  putCells({ saturation: -1 });
  await expect(ship()).rejects.toThrow(/model\.json at \$\.colorizer\.saturation/);
  rmSync(join(folder, "cells.json"));
  await expect(ship()).rejects.toThrow(InputError);
  await expect(ship()).rejects.toThrow(/cells\.json: expected a file.*export_natural\.py writes it/);
  expect(readdirSync(folder)).toEqual(["natural.onnx"]);
});
