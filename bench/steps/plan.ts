/** The steps that the pack and the page run, the most important first. */
import type { Elem } from "../../src/kernels/kernel";
import type { Job, Limits, Subject, Where } from "../rows";
import { QUICK_LAYER_NAMES } from "../subjects";
import type { StepJob } from "./jobs";

export interface Step {
  readonly name: string;
  readonly jobs: readonly StepJob[];
  /** Whether all jobs run in parallel, for steps without timings. */
  readonly together?: boolean;
  /** Most seconds of the step. Unused time is left to the next steps. */
  readonly most: number;
  /** Seconds that the step must leave to later steps, because a tuner always finds more to measure. */
  readonly leaves?: number;
  readonly limits: Pick<Limits, "repeats" | "budget" | "tune">;
}

/** One megapixel. */
export const PICTURE = [1152, 864] as const;
const NETWORKS = [
  { kind: "network", network: "embedder", size: 299 },
  { kind: "network", network: "colorizer", size: 256 },
] as const satisfies readonly Subject[];
/** A step does not start with less than this many seconds left. */
export const LEAST = 3;

export interface PlanOptions {
  readonly where: Where;
  /** Length of the run. */
  readonly seconds: number;
  /** Processor cores of the machine. */
  readonly cores: number;
  /** The adapter's features. Without shader-f16, nothing runs in f16. */
  readonly features: readonly string[];
  /** Parts of the names of the steps to run; default: all steps. */
  readonly only?: readonly string[];
}

/**
 * The steps to run. Selected steps share the whole time: their limits are scaled by the same factor.
 * @throws RangeError for a part that no step's name has
 */
export function planSteps(options: PlanOptions): Step[] {
  const { seconds, only = [] } = options;
  const all = allSteps(options);
  if (only.length === 0) return all;
  for (const part of only)
    if (!all.some(({ name }) => name.includes(part)))
      throw new RangeError(
        `only: expected parts of the steps' names (${all.map(({ name }) => name).join("; ")}), received ${part}`,
      );
  const chosen = all.filter(({ name }) => only.some((part) => name.includes(part)));
  const times = Math.max(1, seconds / chosen.reduce((sum, { most }) => sum + most, 0));
  return chosen.map(({ name, jobs, together, most, limits }) => ({
    name,
    jobs,
    together,
    most: times * most,
    limits: { ...limits, budget: times * limits.budget, tune: times * limits.tune },
  }));
}

/** Two small steps, which a software driver runs in a minute: for tests of what runs them. */
export function smallestSteps(seconds: number): Step[] {
  const limits = { repeats: 3, budget: 100 * seconds, tune: 0 };
  const subject = { kind: "conv", layer: QUICK_LAYER_NAMES.at(-1)! } as const;
  return [
    {
      name: "peers",
      jobs: [{ suite: "peers", subject, elems: ["f32"], contenders: [] }],
      most: 0.7 * seconds,
      limits,
    },
    {
      name: "where the networks' time goes",
      jobs: [{ suite: "profile", elem: "f32", subject }],
      most: 0.3 * seconds,
      limits,
    },
  ];
}

function allSteps({ where, seconds, cores, features }: PlanOptions): Step[] {
  const elems: readonly Elem[] = features.includes("shader-f16") ? ["f32", "f16"] : ["f32"];
  const short = seconds < 200;
  const long = seconds >= 500;
  const workers = Math.max(1, Math.min(8, Math.floor(cores / 2)));
  const networks = (contenders: readonly string[], tuned = false): Job[] =>
    NETWORKS.map((subject) => ({ suite: "peers", subject, elems, contenders, tuned }));
  const kernels = (part: "layers" | "others"): Job[] =>
    elems.map((elem) => ({ suite: "kernels", elem, quick: false, part }));
  const pictures = (sizes: readonly number[]): Job[] =>
    elems.map((elem) => ({ suite: "model", elem, sizes, picture: PICTURE }));
  const tests = (files: readonly string[], of: number): StepJob[] =>
    Array.from({ length: of }, (_, shard) => ({ suite: "tests", files, shard, of }));
  /** Milliseconds for one contender's timed runs, as a share of the whole run. */
  const limits = (repeats: number, share: number, tune = 0): Step["limits"] => ({
    repeats,
    budget: 1000 * seconds * share,
    tune: 1000 * tune,
  });
  const repeats = short ? 15 : 30;
  const reference = where === "node" ? "onnxruntime-node cpu" : "onnxruntime-web wasm";
  const peer = where === "node" ? "onnxruntime-node webgpu" : "onnxruntime-web webgpu";
  return [
    {
      name: "kernels against their references",
      jobs: tests(["kernels/", "image/"], workers),
      together: true,
      most: 0.35 * seconds,
      limits: limits(1, 1),
    },
    {
      name: "networks against onnxruntime on the processor",
      jobs: networks([reference]),
      most: 0.2 * seconds,
      limits: limits(5, 0.02),
    },
    {
      name: "roofs and heavy layers",
      jobs: kernels("layers"),
      most: 0.25 * seconds,
      limits: limits(short ? 3 : 7, 0.02),
    },
    { name: "a picture at 256 px", jobs: pictures([256]), most: 0.2 * seconds, limits: limits(repeats, 0.03) },
    {
      name: "picture kernels at 12 megapixels",
      jobs: [{ suite: "kernels", elem: "f32", quick: false, part: "pictures" }],
      most: 0.05 * seconds,
      limits: limits(short ? 3 : 7, 0.01),
    },
    {
      name: "where the networks' time goes",
      jobs: NETWORKS.flatMap((subject) => elems.map((elem): Job => ({ suite: "profile", elem, subject }))),
      most: 0.12 * seconds,
      limits: limits(repeats, 1),
    },
    { name: "peers", jobs: networks([]), most: 0.3 * seconds, limits: limits(repeats, 0.03) },
    {
      name: "pictures at other sizes",
      jobs: pictures([128, 512, 1024]),
      most: 0.2 * seconds,
      limits: limits(short ? 7 : repeats, 0.03),
    },
    {
      name: "what the tuner wins",
      jobs: networks([reference, peer], true),
      most: 0.4 * seconds,
      leaves: 0.1 * seconds,
      limits: limits(repeats, 0.02, 0.06 * seconds),
    },
    {
      name: "500 pictures",
      jobs: [{ suite: "endurance", elem: "f32", pictures: 500, picture: PICTURE }],
      most: 0.25 * seconds,
      limits: limits(1, 1),
    },
    // These tests read files.
    ...(short || where !== "node"
      ? []
      : [
          {
            name: "networks at other shapes and default limits",
            jobs: tests(["parity"], 1),
            most: 0.2 * seconds,
            limits: limits(1, 1),
          },
        ]),
    ...(long
      ? [
          {
            name: "all other kernels",
            jobs: kernels("others"),
            most: 0.3 * seconds,
            limits: limits(5, 0.02),
          },
        ]
      : []),
  ];
}

/** The times after which a job of a step starts no task, and at which it is ended; by Date.now(). */
export interface Times {
  readonly until: number;
  readonly deadline: number;
}

/**
 * The times of the next of `jobs` remaining jobs of a step, which may run until `stepEnd`. A tenth of the time, between 1 and
 * 10 seconds, is reserved for a regular end.
 */
export function timesOf(now: number, stepEnd: number, jobs: number): Times {
  const deadline = now + (stepEnd - now) / jobs;
  const kept = Math.min(10_000, Math.max(1000, 0.1 * (deadline - now)));
  return { deadline, until: deadline - kept };
}
