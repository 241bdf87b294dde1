import { readFileSync } from "node:fs";
import { assemble, runtimeBinding, runtimeBytes } from "/work/main/src/kernels/assemble";
import { conv2d } from "/work/main/src/kernels/conv2d";
import { activationLib } from "/work/main/src/kernels/activation";
import { packedLength } from "/work/main/src/kernels/packing";
import { requestNodeDevice } from "/work/main/src/node/device";
import { describeDevice } from "/work/main/src/gpu-device";
import { randoms } from "/work/main/test/expect-close";
import { convCase } from "/work/main/test/kernels/conv-cases";
import { driverMilliseconds, median } from "/work/main/bench/timing";
const RELU = { fn: "relu" } as const;
const old = { ...conv2d, wgsl: readFileSync("/tmp/d_old.wgsl", "utf8"), libs: [readFileSync("/tmp/d_oldlib.wgsl", "utf8"), activationLib] };
const device = await requestNodeDevice();
console.log(describeDevice(device));
for (const c of [convCase("1x1 256", [32, 32, 256], [1, 1], 256, { activation: RELU }), convCase("3x3 128", [32, 32, 128], [3, 3], 128, { activation: RELU })]) {
  const rs: any[] = [];
  for (const [name, kernel] of [["old", old], ["new", conv2d]] as const) {
    const full = conv2d.plan(c.params);
    const names = [...(kernel.wgsl + kernel.libs!.join("\n")).matchAll(/^(?:const|alias) (\w+)/gm)].map((m) => m[1]!);
    const constants: any = Object.fromEntries(Object.entries(full.constants).filter(([n]) => names.includes(n)));
    if (names.includes("GROUPS")) constants.GROUPS = 1;
    const plan = { ...full, constants, runtime: full.runtime!.filter((n) => names.includes(n)) };
    const d0 = driverMilliseconds();
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module: device.createShaderModule({ code: assemble(kernel as never, plan) }) } });
    const compile = driverMilliseconds() - d0;
    const p = c.params, counts = [p.inHeight*p.inWidth*p.inChannels, packedLength(plan.packing!.weights!), p.outChannels, 0, p.outHeight*p.outWidth*p.outChannels];
    const entries: any[] = counts.flatMap((n, binding) => { if (!n) return []; const buffer = device.createBuffer({ size: n*4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST }); if (binding < 4) device.queue.writeBuffer(buffer, 0, randoms(n, binding) as never); return [{ binding, resource: { buffer } }]; });
    const bytes = runtimeBytes(kernel as never, plan)!; const u = device.createBuffer({ size: bytes.length, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST }); device.queue.writeBuffer(u, 0, bytes);
    entries.push({ binding: runtimeBinding(conv2d), resource: { buffer: u } });
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    rs.push({ name, compile, times: [], run: async () => { const e = device.createCommandEncoder(), q = e.beginComputePass(); q.setPipeline(pipeline); q.setBindGroup(0, group); q.dispatchWorkgroups(...plan.grid); q.end(); const d = driverMilliseconds(); device.queue.submit([e.finish()]); await device.queue.onSubmittedWorkDone(); return driverMilliseconds() - d; } });
  }
  for (let i = 0; i < 12; i++) for (const r of i % 2 ? [...rs].reverse() : rs) { const t = await r.run(); if (i > 1) r.times.push(t); }
  for (const r of rs) console.log(c.name, r.name, "driver ms", median(r.times).toFixed(1), "min", Math.min(...r.times).toFixed(1), "compile", r.compile.toFixed(0));
}
process.exit(0);
