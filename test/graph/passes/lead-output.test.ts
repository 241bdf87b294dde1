import { expect, it } from "vitest";
import { leadOutput } from "../../../src/graph/passes/lead-output";
import { verify } from "../../../src/graph/verify";
import { ENGINE } from "../../../src/session/engine";
import { interpret } from "../../reference/interpret";
import { makeGraph, printBody, runPass } from "../make";

it("puts an element before the output of that name, and leaves others as they are", () => {
  const g = makeGraph();
  g.input("x", [1, 3]);
  g.node("y", "unary", ["x"], { activation: { fn: "relu" } });
  const graph = g.graph("x", "y");
  const result = runPass(leadOutput("y", 7), graph, ENGINE.ops);
  verify(result, ENGINE.ops, "lead-output");
  expect(printBody(result)).toContain('output "x" = %x');
  expect(Array.from(interpret(result, { x: Float32Array.of(1, -2, 3) })["y"]!)).toEqual([7, 1, 0, 3]);
});

it("leaves outputs with other axes as they are", () => {
  const g = makeGraph();
  g.input("x", [1, 2, 2]);
  const graph = g.graph(g.node("y", "unary", ["x"], { activation: { fn: "relu" } }));
  expect(runPass(leadOutput("y", 0), graph, ENGINE.ops)).toBe(graph);
});
