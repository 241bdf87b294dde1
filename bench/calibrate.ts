/** Finds how many recordings of short work one timed submit needs. */
import type { Encode, GpuClock } from "../src/gpu/clock";

/** Timed submits should take about this long, so that the overhead of the clock and the submit is negligible. */
const TARGET_MS = 50;
const MOST_RECORDINGS = 4096;

/** Warms up; returns how many recordings make a submit long enough to time. */
export async function calibrate(clock: GpuClock, encode: Encode): Promise<number> {
  await clock.lap(encode);
  let count = 1;
  for (;;) {
    const { wall } = await clock.lap(encode, count);
    if (wall * count >= TARGET_MS / 2 || count >= MOST_RECORDINGS) return count;
    count = Math.min(MOST_RECORDINGS, Math.max(2 * count, Math.ceil(TARGET_MS / Math.max(wall, 1e-3))));
  }
}
