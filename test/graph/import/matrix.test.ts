import { describe, expect, it } from "vitest";
import { node } from "../../onnx-builder";
import { agree, importSketch, opsOf, type Sketch } from "./harness";

describe("Gemm", () => {
  const gemm = (attributes: Parameters<typeof node>[3], a: number[], b: number[], c?: number[]): Sketch => ({
    inputs: { a },
    weights: { b, ...(c ? { c } : {}) },
    nodes: [node("Gemm", ["a", "b", ...(c ? ["c"] : [])], ["y"], attributes)],
  });
  it("with a bias is one matmul", async () => {
    const graph = await agree(gemm({ transB: 1 }, [3, 5], [4, 5], [4]));
    expect(graph.nodes).toMatchObject([{ op: "matmul", output: "y", shape: [3, 4] }]);
    expect(graph.nodes[0]!.inputs).toHaveLength(3);
  });
  it("folds alpha and beta into constants", async () => {
    expect(opsOf(await agree(gemm({ alpha: 0.5, beta: 0.25 }, [1, 5], [5, 4], [1, 4])))).toEqual(["matmul"]);
  });
  it("transposes the left operand at run time", async () => {
    expect(opsOf(await agree(gemm({ transA: 1 }, [5, 3], [5, 4])))).toEqual(["transpose", "matmul"]);
  });
  for (const c of [[], [1], [3, 1], [3, 4]])
    it(`with C of [${c}]`, async () => void (await agree(gemm({ beta: 2.5 }, [3, 5], [5, 4], c))));
  it("of runtime values", async () => {
    const inputs = { a: [3, 5], b: [4, 5], c: [4] };
    const attributes = { transB: 1, alpha: 2.5, beta: 0.5 };
    await agree({ inputs, nodes: [node("Gemm", ["a", "b", "c"], ["y"], attributes)] });
  });
  it("names the shapes that do not fit", () => {
    expect(() => importSketch(gemm({}, [3, 5], [4, 4]))).toThrow(/\[3, 5\] x \[4, 4\]/);
  });
});

describe("MatMul", () => {
  const shapes: [number[], number[]][] = [
    [
      [3, 5],
      [5, 4],
    ],
    [[5], [5, 4]],
    [[3, 5], [5]],
    [[5], [5]],
    [
      [2, 3, 5],
      [5, 4],
    ],
    [
      [2, 3, 5],
      [2, 5, 4],
    ],
    [
      [3, 5],
      [2, 5, 4],
    ],
    [
      [2, 3, 5],
      [1, 5, 4],
    ],
    [
      [2, 1, 3, 5],
      [4, 5, 2],
    ],
    [
      [6, 2, 3, 5],
      [6, 1, 5, 2],
    ],
    [[2, 3, 5], [5]],
    [[5], [2, 5, 3]],
  ];
  for (const [a, b] of shapes)
    it(`[${a}] x [${b}]`, async () => {
      await agree({ inputs: { a, b }, nodes: [node("MatMul", ["a", "b"], ["y"])] });
      await agree({ inputs: { a }, weights: { b }, nodes: [node("MatMul", ["a", "b"], ["y"])] });
    });
});
