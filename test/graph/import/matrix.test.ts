import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
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
  it("of an infinite alpha is refused", () => {
    expect(() => importSketch(gemm({ alpha: Infinity }, [3, 5], [5, 4]))).toThrow(/attribute alpha=Infinity/);
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

describe("Einsum", () => {
  const shapes: readonly (readonly [equation: string, ...operands: number[][]])[] = [
    ["ij->ji", [3, 4]],
    ["ij->i", [3, 4]],
    ["ij->", [3, 4]],
    ["ba", [3, 4]],
    ["ii->i", [4, 4]],
    ["...ii->...i", [2, 3, 4, 4]],
    ["ij,jk->ik", [3, 5], [5, 4]],
    ["ij, jk", [3, 5], [5, 4]],
    ["i,i", [5], [5]],
    ["i,j->ij", [3], [4]],
    ["bij,bjk->bik", [2, 3, 5], [2, 5, 4]],
    ["bhid,bhjd->bhij", [2, 3, 4, 5], [2, 3, 6, 5]],
    ["nchw,cd->nhwd", [2, 3, 4, 5], [3, 6]],
    ["nctkv,kvw->nctw", [2, 3, 4, 3, 5], [3, 5, 6]],
    ["...ij,...jk->...ik", [2, 3, 5], [2, 5, 4]],
    ["ijk,ljk->lk", [2, 3, 4], [5, 3, 4]],
    ["ij,jk,kl->il", [2, 3], [3, 4], [4, 5]],
  ];
  for (const [equation, ...operands] of shapes)
    it(equation, async () => {
      const names = operands.map((_, i) => `in${i}`);
      const inputs = Object.fromEntries(operands.map((shape, i) => [names[i]!, shape]));
      const nodes = [node("Einsum", names, ["y"], { equation })];
      await agree({ inputs, nodes });
      const [first, ...rest] = Object.entries(inputs);
      if (rest.length > 0)
        await agree({ inputs: Object.fromEntries([first!]), weights: Object.fromEntries(rest), nodes });
    });

  it("refuses equations that do not fit", () => {
    const einsum = (equation: string) => () =>
      importSketch({ inputs: { a: [2, 3] }, nodes: [node("Einsum", ["a"], ["y"], { equation })] });
    expect(einsum("ijk->i")).toThrow(/labels of 2 axes/);
    expect(einsum("ij,jk->ik")).toThrow(/1 terms/);
    expect(einsum("ij->ik")).toThrow(/labels of the operands/);
    expect(einsum("ii->i")).toThrow(/equal sizes of i/);
  });
});
