import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assemble } from "../../src/kernels/assemble";
import { ENGINE } from "../../src/session/engine";
import type { AnyKernel } from "../../src/gpu/pipelines";
import { CONV_ALGORITHMS, convChoices, planConvolution } from "../../src/kernels/conv/algorithms";
import { convTranspose2d } from "../../src/kernels/conv/transpose";
import { depthwiseConv2d } from "../../src/kernels/conv/depthwise";
import type { KernelPlan } from "../../src/kernels/kernel";
import { matmul } from "../../src/kernels/matmul";
import { stripWgsl } from "../../tools/vite-wgsl";
import { testDevice } from "../gpu";
import { graphBenches } from "../shared/graph-benches";
import { COMPOSED_CASES, CONV_CASES } from "../shared/conv-cases";
import { CASES } from "../reference/all";

describe("stripWgsl", () => {
  it("drops comments, indentation and blank lines, and keeps lines", () => {
    const source = [
      "// A kernel.",
      "alias elem = f32;   // the default",
      "",
      "#if NAME",
      "  const A: u32 = 4u / 2u; /* half /* nested // */ of",
      "  it */ const B: u32 = 1u;",
      "#endif",
      "fn f(a: u32)/**/-> u32 { return a*/* times */A; } // no newline at the end",
    ].join("\n");
    expect(stripWgsl(source).split("\n")).toEqual([
      "alias elem=f32;",
      "#if NAME",
      "const A:u32=4u/2u;",
      "const B:u32=1u;",
      "#endif",
      "fn f(a:u32)->u32{return a*A;}",
      "",
    ]);
  });

  it("keeps apart what would become another token", () => {
    expect(stripWgsl("let a = b - -c + +d - 1.0;")).toBe("let a=b - -c + +d-1.0;\n");
  });

  it("is stable: stripping twice changes nothing", () => {
    for (const [name, source] of shaders()) expect(stripWgsl(stripWgsl(source)), name).toBe(stripWgsl(source));
  });

  it("leaves every shader's code as it was, token by token", () => {
    const tokens = (text: string): string[] =>
      text.replace(/\/\/.*$/gm, "").match(/[A-Za-z_#]\w*|[\d.]+\w*|[^\s\w]/g) ?? [];
    for (const [name, source] of shaders()) expect(tokens(stripWgsl(source)), name).toEqual(tokens(source));
  });

  it("leaves the lines that choose branches as the host reads them", () => {
    const lines = (text: string): string[] => text.match(/^[ \t]*#.*$/gm)?.map((line) => line.trim()) ?? [];
    for (const [name, source] of shaders()) expect(lines(stripWgsl(source)), name).toEqual(lines(source));
    expect(stripWgsl("  #if !NAME  // not\n")).toBe("#if !NAME\n");
  });

  it("leaves shaders that assemble and compile: every kernel, in every combination of branches that plans ask for", async () => {
    const device = await testDevice();
    const done = new Set<string>();
    for (const [kernel, plan] of plans(device)) {
      const variant = `${kernel.name} ${JSON.stringify(plan.flags ?? {})}`;
      if (done.has(variant)) continue;
      done.add(variant);
      const code = assemble({ ...kernel, wgsl: stripWgsl(kernel.wgsl) }, plan);
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      expect(
        messages.map(({ message }) => message),
        variant,
      ).toEqual([]);
    }
    const kernels = new Set([...done].map((variant) => variant.split(" ")[0]));
    for (const { name } of Object.values(ENGINE.kernels))
      if (!/subgroup/.test(name)) expect([...kernels]).toContain(name);
  });

  it("leaves shaders with subgroups that compile", async ({ skip }) => {
    const device = await testDevice();
    if (!device.features.has("subgroups")) skip("this adapter has no subgroups");
    // Modules are validated alone, so that the driver's subgroups need not have as many lanes.
    const found = [...plans(device, 8)].filter(([{ name }]) => /subgroup/.test(name));
    expect(found).not.toEqual([]);
    for (const [kernel, plan] of found) {
      const code = assemble({ ...kernel, wgsl: stripWgsl(kernel.wgsl) }, plan);
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
    }
  });
});

/** A plan of every kernel of the graph, with all its branches, and those of the pictures; none for subgroups of no lanes. */
function* plans(device: GPUDevice, subgroupMinSize = 0): Generator<[AnyKernel, KernelPlan]> {
  for (const { kernel, plan } of [...CASES, ...graphBenches]) yield [kernel, plan("f32")];
  for (const columns of [7, 8])
    for (const constantB of [false, true]) {
      const params = { batch: 1, rows: 3, inner: columns, columns, sharedB: true, bias: constantB, constantB };
      yield [matmul as unknown as AnyKernel, matmul.plan({ ...params, activation: { fn: "relu" }, elem: "f32" })];
    }
  const workgroupBytes = device.limits.maxComputeWorkgroupStorageSize;
  const features = { features: device.features, workgroupBytes, subgroupMinSize };
  for (const { params } of [...CONV_CASES, ...COMPOSED_CASES]) {
    for (const choice of convChoices(CONV_ALGORITHMS, params, features))
      for (const { kernel, plan } of planConvolution(CONV_ALGORITHMS, params, choice).steps)
        yield [ENGINE.kernels[kernel]!, plan];
    if (params.groups > 1) yield [convTranspose2d as unknown as AnyKernel, convTranspose2d.plan(params)];
    if (params.groups === params.inChannels && params.groups === params.outChannels)
      yield [depthwiseConv2d as unknown as AnyKernel, depthwiseConv2d.plan(params)];
  }
}

/** Name and text of every shader in the tree. */
function shaders(): [string, string][] {
  const names = readdirSync("shaders", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wgsl"));
  expect(names.length).toBeGreaterThan(5);
  return names.map((name) => [name, readFileSync(join("shaders", name), "utf8")]);
}
