import { expect, it } from "vitest";
import { IDENTITY } from "../../../src/graph/ir";
import { dropDead } from "../../../src/graph/passes/drop-dead";
import { checkPass, makeGraph } from "../make";

it("removes what no output needs", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 4]);
  g.node("z", "binary", [x, g.constant("w", [4])], { fn: "add", activation: IDENTITY });
  const y = g.node("y", "unary", [x], { activation: { fn: "relu" } });
  const result = checkPass(
    dropDead,
    g.graph(y),
    `%z: f32[1,4] = binary(%x, %w) {fn=add}
     %y: f32[1,4] = unary(%x) {activation=relu}
     output "y" = %y`,
    `%y: f32[1,4] = unary(%x) {activation=relu}
     output "y" = %y`,
  );
  expect(result.constants.size).toBe(0);
});
