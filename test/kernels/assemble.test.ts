import { describe, expect, it } from "vitest";
import { assemble, chooseBranches, runtimeBytes, setConstants } from "../../src/kernels/assemble";

describe("setConstants", () => {
  it("writes numbers in the type of their line", () => {
    const source = "const A: u32 = 1u;\nconst B: f32 = 0.0;\nconst C: i32 = 0;\nalias elem = f32;";
    expect(setConstants("k", source, { A: 7, B: 2, C: -3, elem: "f16" })).toBe(
      "const A: u32 = 7u;\nconst B: f32 = 2.0f;\nconst C: i32 = -3;\nalias elem = f16;",
    );
  });

  it("writes arrays in the type of their line", () => {
    const source = "const S: array<i32, 3> = array<i32, 3>(0, 0, 1);\nconst D: array<u32, 2> = array<u32, 2>(1u, 1u);";
    expect(setConstants("k", source, { S: [4, -2, 0], D: [5, 6] })).toBe(
      "const S: array<i32, 3> = array<i32, 3>(4, -2, 0);\nconst D: array<u32, 2> = array<u32, 2>(5u, 6u);",
    );
  });

  it("refuses a constant that is not there, or twice", () => {
    expect(() => setConstants("k", "const A: u32 = 1u;", { B: 2 })).toThrow(/one const or alias line named B/);
    const twice = "const A: u32 = 1u;\nconst A: u32 = 2u;";
    expect(() => setConstants("k", twice, { A: 2 })).toThrow(/one const or alias line named A, received 2/);
  });

  it("keeps f32 literals finite", () => {
    expect(setConstants("k", "const A: f32 = 0.0;", { A: -Infinity })).toBe("const A: f32 = -3.4028234663852886e+38f;");
  });
});

describe("chooseBranches", () => {
  it("keeps the branch of each flag", () => {
    const source = "a\n#if X\nb\n#else\nc\n#endif\nd";
    expect(chooseBranches("k", source, { X: false }).split(/\s+/)).toEqual(["a", "c", "d"]);
    expect(chooseBranches("k", source, { X: true }).split(/\s+/)).toEqual(["a", "b", "d"]);
    expect(() => chooseBranches("k", "#if Y\n#endif", {})).toThrow(/value for #if Y/);
  });
});

describe("assemble", () => {
  it("enables f16 where it occurs outside comments", () => {
    const kernel = { name: "k", wgsl: "alias elem = f32; // or f16\n", bindings: {} };
    expect(assemble(kernel, { constants: {} })).not.toContain("enable");
    expect(assemble(kernel, { constants: { elem: "f16" } })).toMatch(/^enable f16;\n/);
  });

  it("enables subgroups where a subgroup function is called", () => {
    const kernel = (wgsl: string) => ({ name: "k", wgsl, bindings: {} });
    expect(assemble(kernel("// subgroupAdd(x)\nlet y = subgroup_size;"), { constants: {} })).not.toContain("enable");
    expect(assemble(kernel("let y = subgroupAdd(x);"), { constants: {} })).toMatch(/^enable subgroups;\n/);
  });

  it("turns run-time constants into a uniform struct, and packs them in the same order", () => {
    const wgsl = "const A: u32 = 1u;\nconst B: f32 = 0.0;\nconst C: i32 = 0; // C\nlet x = A + AB;";
    const kernel = { name: "k", wgsl, bindings: { src: "read", dst: "write" } } as const;
    const plan = { constants: { B: 0.5 }, runtime: { C: -3, A: 7 } };
    const text = assemble(kernel, plan);
    expect(text).toContain("struct Sizes {\n  C: i32,\n  A: u32,\n}\n@group(0) @binding(2) var<uniform> sizes: Sizes;");
    expect(text).toContain("const B: f32 = 0.5f;");
    expect(text).toContain("let x = sizes.A + AB;");
    expect(text).not.toMatch(/const [AC]/);
    expect([...new Int32Array(runtimeBytes(kernel, plan)!.buffer)]).toEqual([-3, 7, 0, 0]);
    expect(() => assemble(kernel, { ...plan, runtime: { D: 1 } })).toThrow(/const line of u32, i32 or f32 named D/);
  });
});
