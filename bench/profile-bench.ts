/** Suite "profile": measures every step of a network. */
import { Session } from "../src/session/session";
import type { Environment } from "./environment";
import { over, type UnplacedRow, type Job, type Limits } from "./rows";
import { median } from "./statistics";
import { subjectCase } from "./subjects";

type Profile = Extract<Job, { suite: "profile" }>;

export async function benchProfile(env: Environment, { subject, elem }: Profile, limits: Limits): Promise<void> {
  const { name, bytes, shapes, feeds } = await subjectCase(subject, (path) => env.read(path));
  const key = `profile of ${name} ${elem}`;
  if (limits.exclude.includes(key)) return;
  const row: Extract<UnplacedRow, { kind: "profile" }> = { kind: "profile", subject: name, elem };
  await env.begin(key, { ...row, error: "" });
  const device = await env.device(elem);
  const pipelines = countPipelines(device);
  const session = await Session.load(bytes, { device, precision: elem, inputShapes: shapes, label: name });
  await session.run(feeds);
  const compiled = pipelines();
  const runs: Awaited<ReturnType<Session["profile"]>>[] = [];
  let found = row;
  while (runs.length < limits.repeats && !(runs.length > 0 && over(limits))) {
    runs.push(await session.profile(shapes));
    const steps = runs[0]!.rows.map(({ kernel, gflops, gbytesPerSecond, milliseconds }, i) => ({
      kernel,
      milliseconds: median(runs.map((run) => run.rows[i]!.milliseconds)),
      gflops,
      gbytes: (gbytesPerSecond * milliseconds) / 1000,
    }));
    found = { ...row, clock: runs[0]!.clock, repeats: runs.length, pipelines: compiled, steps };
    await env.draft(key, [found]);
  }
  await env.rows(key, [found]);
  session.dispose();
}

/** Counts the pipelines that this device creates; the returned function gives the number so far. */
function countPipelines(device: GPUDevice): () => number {
  let count = 0;
  for (const method of ["createComputePipeline", "createComputePipelineAsync"] as const) {
    const make = device[method].bind(device) as (descriptor: GPUComputePipelineDescriptor) => never;
    device[method] = (descriptor) => (count++, make(descriptor));
  }
  return () => count;
}
