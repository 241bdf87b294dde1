/**
 * `npm run bench:counts`: counts the pipelines that a first visit compiles and the dispatches that a picture takes, for the
 * shipped models, and writes both into docs/benchmark.md. Nothing is timed, so any adapter will do: the algorithms are
 * those that the rules choose for a GPU without measurements.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { SHIPPED_MODELS } from "../src/colorizer/shipped-models";
import { requestNodeDevice } from "../src/node/device";
import { loadNodeColorizer } from "../src/node/load-colorizer";
import { withPart } from "./markers";
import { photograph } from "./photograph";

const DOCS = "docs/benchmark.md";
/** A photograph of a usual shape. */
const PICTURE = [1152, 864] as const;

/** By kernel. */
type Counts = Map<string, number>;

interface Counted {
  readonly pipelines: Counts;
  readonly dispatches: Counts;
  submits: number;
}

const plus = (counts: Counts, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1);

/** Counts what this device does from now on. */
function watch(device: GPUDevice): Counted {
  const counted: Counted = { pipelines: new Map(), dispatches: new Map(), submits: 0 };
  const { createComputePipelineAsync, createCommandEncoder } = device;
  device.createComputePipelineAsync = (descriptor) => {
    plus(counted.pipelines, descriptor.label!);
    return createComputePipelineAsync.call(device, descriptor);
  };
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(device, descriptor);
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (pass) => watchPass(beginComputePass.call(encoder, pass), counted);
    return encoder;
  };
  const { submit } = device.queue;
  device.queue.submit = (buffers) => {
    counted.submits++;
    submit.call(device.queue, buffers);
  };
  return counted;
}

function watchPass(pass: GPUComputePassEncoder, { dispatches }: Counted): GPUComputePassEncoder {
  const { setPipeline, dispatchWorkgroups } = pass;
  let kernel = "";
  pass.setPipeline = (pipeline) => {
    kernel = pipeline.label;
    setPipeline.call(pass, pipeline);
  };
  pass.dispatchWorkgroups = (...grid) => {
    plus(dispatches, kernel);
    dispatchWorkgroups.apply(pass, grid);
  };
  return pass;
}

/** The device, seen as one of an unknown GPU. */
function asGpu(device: GPUDevice): GPUDevice {
  const { subgroupMinSize, subgroupMaxSize } = device.adapterInfo;
  Object.defineProperty(device, "adapterInfo", { value: { vendor: "any", subgroupMinSize, subgroupMaxSize } });
  return device;
}

/** Of a first picture the pipelines, of a second one the dispatches and submits. */
async function count(model: string): Promise<Counted> {
  const device = asGpu(await requestNodeDevice());
  const first = watch(device);
  const colorizer = await loadNodeColorizer({ device, model, precision: "f32" });
  await colorizer.colorize(photograph(1, PICTURE));
  const pipelines = new Map(first.pipelines);
  first.dispatches.clear();
  first.submits = 0;
  await colorizer.colorize(photograph(2, PICTURE));
  colorizer.dispose();
  device.destroy();
  return { ...first, pipelines };
}

const total = (counts: Counts): number => [...counts.values()].reduce((sum, n) => sum + n, 0);

const models = SHIPPED_MODELS;
const counted: Counted[] = [];
for (const model of models) counted.push(await count(model));
const kernels = [...new Set(counted.flatMap(({ pipelines }) => [...pipelines.keys()]))].toSorted();
const cells = (of: (one: Counted) => readonly (number | undefined)[]): string =>
  counted
    .map((one) =>
      of(one)
        .map((n) => ` ${n ?? ""} |`)
        .join(""),
    )
    .join("");
const table = [
  `| kernel |${models.map((name) => ` ${name}: pipelines | dispatches |`).join("")}`,
  `| --- |${models.map(() => " --- | --- |").join("")}`,
  ...kernels.map((name) => `| ${name} |${cells((one) => [one.pipelines.get(name), one.dispatches.get(name)])}`),
  `| all |${cells((one) => [total(one.pipelines), total(one.dispatches)])}`,
  `| submits |${cells((one) => [undefined, one.submits])}`,
].join("\n");
console.log(table);
writeFileSync(DOCS, withPart(readFileSync(DOCS, "utf8"), "Counts", "bench:counts", table, DOCS));
process.exit(0);
