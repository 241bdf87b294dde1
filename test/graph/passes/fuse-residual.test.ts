import { expect, it } from "vitest";
import { IDENTITY } from "../../../src/graph/ir";
import { fuseResidual } from "../../../src/graph/passes/fuse-residual";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, runPass } from "../make";
import { ENGINE } from "../../../src/session/engine";

it("adds in the convolution, then applies the activation", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3, 3, 4]);
  const c = g.node("c", "conv", [x, g.constant("w", [1, 1, 4, 4]), g.constant("b", [4])], convAttributes());
  checkPass(
    fuseResidual,
    g.graph(g.node("y", "binary", [x, c], { fn: "add", activation: { fn: "relu" } })),
    `%c: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = binary(%x, %c) {fn=add activation=relu}
     output "y" = %y`,
    `%y: f32[1,3,3,4] = conv(%x, %w, %b, %x) {strides=1x1 pads=0x0x0x0 activation=relu}
     output "y" = %y`,
  );
});

it("lets the later of two convolutions add", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3, 3, 4]);
  const b = g.constant("b", [4]);
  const c = g.node("c", "conv", [x, g.constant("w", [1, 1, 4, 4]), b], convAttributes());
  const d = g.node("d", "conv", [x, g.constant("v", [1, 1, 4, 4]), b], convAttributes());
  checkPass(
    fuseResidual,
    g.graph(g.node("y", "binary", [d, c], { fn: "add", activation: IDENTITY })),
    `%c: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0}
     %d: f32[1,3,3,4] = conv(%x, %v, %b) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = binary(%d, %c) {fn=add}
     output "y" = %y`,
    `%c: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = conv(%x, %v, %b, %c) {strides=1x1 pads=0x0x0x0}
     output "y" = %y`,
  );
});

it("lets the convolution whose value is added already add the other value", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3, 3, 4]);
  const b = g.constant("b", [4]);
  const none = convAttributes();
  const conv = (name: string, residual: string[] = []): string =>
    g.node(name, "conv", [x, g.constant(`${name}.w`, [1, 1, 4, 4]), b, ...residual], none);
  const d = conv("d");
  const s = g.node("s", "unary", [x], { activation: { fn: "tanh" } });
  const c = conv("c", [d]);
  checkPass(
    fuseResidual,
    g.graph(g.node("y", "binary", [s, c], { fn: "add", activation: { fn: "relu" } })),
    `%d: f32[1,3,3,4] = conv(%x, %d.w, %b) {strides=1x1 pads=0x0x0x0}
     %s: f32[1,3,3,4] = unary(%x) {activation=tanh}
     %c: f32[1,3,3,4] = conv(%x, %c.w, %b, %d) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = binary(%s, %c) {fn=add activation=relu}
     output "y" = %y`,
    `%s: f32[1,3,3,4] = unary(%x) {activation=tanh}
     %d: f32[1,3,3,4] = conv(%x, %d.w, %b, %s) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = conv(%x, %c.w, %b, %d) {strides=1x1 pads=0x0x0x0 activation=relu}
     output "y" = %y`,
  );
});

it("leaves activated, broadcast, doubled and constant additions", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3, 3, 4]);
  const row = g.input("row", [4]);
  const conv = (name: string, relu = false): string =>
    g.node(
      name,
      "conv",
      [x, g.constant(`${name}.w`, [1, 1, 4, 4]), g.constant(`${name}.b`, [4])],
      convAttributes({ activation: relu ? { fn: "relu" } : IDENTITY }),
    );
  const add = (name: string, a: string, b: string): string =>
    g.node(name, "binary", [a, b], { fn: "add", activation: IDENTITY });
  const activated = add("activated", conv("c1", true), x);
  const broadcast = add("broadcast", conv("c2"), row);
  const c3 = conv("c3");
  const doubled = add("doubled", c3, c3);
  const constant = add("constant", conv("c4"), g.constant("k", [1, 3, 3, 4]));
  const graph = g.graph(activated, broadcast, doubled, constant);
  const result = runPass(fuseResidual, graph, ENGINE.ops);
  expect(result.nodes).toEqual(graph.nodes);
  expectSameNumbers(result, graph);
});
