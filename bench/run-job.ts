/** Runs one job on this host. */
import { messageOf } from "../src/base/errors";
import type { Host } from "./environment";
import { benchEndurance } from "./endurance-bench";
import { environmentOf } from "./environment";
import { benchKernels } from "./kernel-bench";
import { benchModel } from "./model-bench";
import { benchPeers } from "./peer-bench";
import { benchProfile } from "./profile-bench";
import type { Job, Limits } from "./rows";

/** Always sends the message "end" last. */
export async function runJob(host: Host, job: Job, limits: Limits): Promise<void> {
  try {
    const env = await environmentOf(host);
    switch (job.suite) {
      case "kernels":
        await benchKernels(env, job, limits);
        break;
      case "model":
        await benchModel(env, job, limits);
        break;
      case "peers":
        await benchPeers(env, job, limits);
        break;
      case "profile":
        await benchProfile(env, job, limits);
        break;
      case "endurance":
        await benchEndurance(env, job, limits);
        break;
      default:
        job satisfies never;
    }
    await host.send({ type: "end" });
  } catch (error) {
    await host.send({ type: "end", error: messageOf(error) });
  }
}
