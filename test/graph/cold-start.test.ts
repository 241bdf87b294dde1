/** Loading a large network: in short stretches, and without copies of all its weights. */
import { expect, it, vi } from "vitest";
import { finish } from "../../src/base/pacer";
import { fingerprinting } from "../../src/graph/constants/deferred";
import type { Graph } from "../../src/graph/ir";
import { importModel } from "../../src/graph/import";
import { optimize } from "../../src/graph/optimize";
import { Pacer } from "../../src/base/pacer";
import { Session } from "../../src/session/session";
import { decodeModel } from "../../src/weights/onnx/decode";
import { testDevice } from "../gpu";
import { inceptionResNetV2, tableNetwork } from "../shared/networks";
import { ENGINE } from "../../src/session/engine";

vi.setConfig({ testTimeout: 300_000 });

it("keys every large constant, so that none is read before it is uploaded", () => {
  const inputShapes = { luminance: [1, 1, 8, 8], embedding: [1, 1000] };
  const load = (): Graph => optimize(importModel(decodeModel(tableNetwork()), ENGINE, { inputShapes }), ENGINE);
  const { constants, nodes } = load();
  const weights = nodes.flatMap(({ op, inputs }) => (op === "conv" || op === "matmul" ? [inputs[1]!] : []));
  expect(weights.length).toBeGreaterThan(10);
  const keys = weights.map((name) => constants.get(name)!.key);
  expect(keys).not.toContain(undefined);
  // Different weights, different keys; and the same for another import.
  const contents = new Set(weights.map((name) => finish(fingerprinting(constants.get(name)!.data))));
  expect(new Set(keys).size).toBe(contents.size);
  const again = load();
  expect(weights.map((name) => again.constants.get(name)!.key)).toEqual(keys);
});

it("also gives keys to weights with folded batch normalisation", () => {
  const graph = importModel(decodeModel(inceptionResNetV2()), ENGINE, { inputShapes: { image: [1, 3, 75, 75] } });
  const weights = [...optimize(graph, ENGINE).constants.values()].filter(({ shape }) => shape.length === 4);
  expect(weights.length).toBeGreaterThan(100);
  expect(weights.map(({ key }) => key)).not.toContain(undefined);
});

it("yields between weights, and binds other shapes without reading them again", async () => {
  const device = await testDevice();
  const pause = vi.spyOn(Pacer.prototype, "pause");
  const written = vi.spyOn(device.queue, "writeBuffer");
  try {
    const inputShapes = { luminance: [1, 1, 8, 8], embedding: [1, 1000] };
    const session = await Session.load(tableNetwork(), { device, precision: "f32", inputShapes });
    // Two pauses per weight, one per pipeline and per pass.
    expect(pause.mock.calls.length).toBeGreaterThan(80);
    const first = written.mock.calls.length;
    expect(first).toBeGreaterThan(25);
    await session.bind({ luminance: [1, 1, 8, 16], embedding: [1, 1000] });
    // The sizes, and those weights that another algorithm needs in another layout.
    expect(written.mock.calls.length - first).toBeLessThan(first / 3);
    session.dispose();
  } finally {
    pause.mockRestore();
    written.mockRestore();
  }
});
