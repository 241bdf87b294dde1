/** Clocks for benches on machines that do other things too. */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export { median } from "./statistics";

export const CORES = availableParallelism();

/**
 * Processor milliseconds used by this process outside its main thread, or NaN where /proc does not say. Of a software
 * driver this is the work itself, while Node's main thread only polls.
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
