/**
 * Puts one constant element before an output [1,N].
 *
 *   before                                  after
 *   output "y" = %y                         %y.led: f32[1,5] = pad(%y) {mode=constant before=0x1 after=0x0 value=0}
 *                                           output "y" = %y.led
 *
 * The pass changes the shape of the output, so it is only for callers that read that shape. Outputs with another number of
 * axes do not change.
 */
import { rewrite } from "../edit";
import type { Pass } from "./pass";

export function leadOutput(output: string, value: number): Pass {
  return {
    name: "lead-output",
    run(graph) {
      const found = graph.outputs.find(({ name }) => name === output)?.value;
      return rewrite(graph, (node, rw) => void rw.emit(node), {
        output(last, rw) {
          const [rows, columns, ...more] = rw.shape(last);
          if (last !== found || columns === undefined || more.length > 0) return last;
          return rw.emit({
            op: "pad",
            inputs: [last],
            output: rw.fresh(`${last}.led`),
            shape: [rows!, columns + 1],
            attributes: { mode: "constant", before: [0, 1], after: [0, 0], value },
            origin: rw.node(last)?.origin ?? [],
          });
        },
      });
    },
  };
}
