/** Clocks for benches on busy machines. */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export const CORES = availableParallelism();

/**
 * Processor milliseconds used by this process outside its main thread; NaN without /proc. For a software driver this is the
 * work itself, while Node's main thread only polls.
 */
export function driverMilliseconds(): number {
  try {
    let total = 0;
    for (const task of readdirSync("/proc/self/task"))
      if (Number(task) !== process.pid)
        total += Number(readFileSync(`/proc/self/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    return total;
  } catch {
    return NaN;
  }
}
