/** Jobs of the steps in addition to those of the bench. */
import type { Job } from "../rows";

export type StepJob =
  | Job
  /** This project's tests whose files' names contain one of `files`: every `of`th of them, from the `shard`th on. */
  | { readonly suite: "tests"; readonly files: readonly string[]; readonly shard: number; readonly of: number }
  /** Generates the networks' files. */
  | { readonly suite: "models" };

export function stepJobName(job: StepJob): string {
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
