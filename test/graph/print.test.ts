import { expect, it } from "vitest";
import { printActivation, printGraph } from "../../src/graph/print";
import { convAttributes, makeGraph } from "./make";
import { ENGINE } from "../../src/session/engine";

it("prints every line of a graph and its totals", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 8, 8, 4]);
  const w = g.constant("w", [3, 3, 4, 8]);
  const b = g.constant("b", [8]);
  const a = g.node("a", "conv", [x, w, b], convAttributes({ pads: [1, 1, 1, 1], activation: { fn: "relu" } }));
  const y = g.node("y", "reshape", [a], {}, [512]);
  // 64 pixels x 8 channels x 9 taps x 4 channels x 2 = 36,864 FLOP; 512 floats; 296 floats
  expect(printGraph(g.graph(y), ENGINE.ops)).toBe(
    [
      "%x: input f32[1,8,8,4]",
      "%w: const f32[3,3,4,8]",
      "%b: const f32[8]",
      "%a: f32[1,8,8,8] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu}  # a",
      "%y: f32[512] = reshape(%a)  # y",
      'output "y" = %y',
      "# 2 nodes, 36.9 kFLOP, 2.0 KiB of activations, 1.2 KiB of constants",
    ].join("\n"),
  );
});

it("prints parameters of activations", () => {
  expect(printActivation({ fn: "clip", min: 0, max: 6 })).toBe("clip(min=0 max=6)");
});
