/** Jobs of the pack in addition to those of the bench. */
import type { Job } from "../rows";

export type PackJob =
  | Job
  /** This project's tests whose files' names contain one of `files`: every `of`th of them, from the `shard`th on. */
  | { readonly suite: "tests"; readonly files: readonly string[]; readonly shard: number; readonly of: number }
  /** Generates the networks' files. */
  | { readonly suite: "models" };

/** The environment variable that tells workers the folder of the networks' files. */
export const MODEL_FOLDER = "COLORIZE_BENCH_MODEL";

export function packJobName(job: PackJob): string {
  switch (job.suite) {
    case "tests":
      return `tests ${job.shard + 1} of ${job.of}`;
    case "models":
      return "networks with seeded weights";
    case "kernels":
      return `kernels ${job.elem}`;
    case "model":
      return `pictures at ${job.sizes.join(", ")} px ${job.elem}`;
    case "profile":
    case "peers":
      return job.subject.kind === "conv" ? job.subject.layer : `${job.subject.network} at ${job.subject.size} px`;
    case "endurance":
      return `${job.pictures} pictures ${job.elem}`;
    default:
      return job satisfies never;
  }
}
