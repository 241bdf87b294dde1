/** Turns the command's options into the jobs of one run. */
import type { Elem } from "../src/kernels/kernel";
import type { Job, Subject, Where } from "./rows";
import { LAYER_NAMES, QUICK_LAYER_NAMES } from "./subjects";

export const SUITES = ["kernels", "model", "peers", "layers"] as const;
export type Suite = (typeof SUITES)[number];

interface Selection {
  readonly quick: boolean;
  readonly only: readonly Suite[];
  readonly where: readonly Where[];
  readonly elems: readonly Elem[];
  /** Working sizes of suite "model". */
  readonly sizes: readonly number[];
  /** Sides of the networks' inputs in suite "peers". */
  readonly embedderSize: number;
  readonly colorizerSize: number;
  readonly contenders: readonly string[];
}

interface PlacedJob {
  readonly where: Where;
  readonly job: Job;
}

export function planJobs(selection: Selection): PlacedJob[] {
  const { quick, only, elems, contenders } = selection;
  const peers = (subject: Subject): Job => ({ suite: "peers", subject, elems, contenders });
  const layer = (name: string): Job => peers({ kind: "conv", layer: name });
  const network = (name: "embedder" | "colorizer", size: number): Job =>
    peers({ kind: "network", network: name, size });
  const jobs: Readonly<Record<Suite, readonly Job[]>> = {
    kernels: elems.map((elem) => ({ suite: "kernels", elem, quick })),
    model: elems.map((elem) => ({ suite: "model", elem, sizes: selection.sizes })),
    peers: quick
      ? [...QUICK_LAYER_NAMES.map(layer), network("colorizer", 32)]
      : [network("embedder", selection.embedderSize), network("colorizer", selection.colorizerSize)],
    layers: LAYER_NAMES.map(layer),
  };
  return selection.where.flatMap((where) => only.flatMap((suite) => jobs[suite].map((job) => ({ where, job }))));
}

export function jobName({ where, job }: PlacedJob): string {
  switch (job.suite) {
    case "kernels":
    case "model":
    case "endurance":
      return `${where}, ${job.suite} ${job.elem}`;
    case "peers":
    case "profile":
      return `${where}, ${job.suite} on ${job.subject.kind === "conv" ? job.subject.layer : job.subject.network}`;
    default:
      return job satisfies never;
  }
}
