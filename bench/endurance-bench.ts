/** Suite "endurance": colours many pictures one after another and checks that memory does not grow. */
import { Colorizer } from "../src/colorizer/colorizer";
import { trackLive } from "../test/shared/live-memory";
import type { Environment } from "./environment";
import { photograph } from "./photograph";
import { over, type EnduranceRow, type UnplacedRow, type Job, type Limits, type MemorySample } from "./rows";
import { spreadOf } from "./statistics";

type Endurance = Extract<Job, { suite: "endurance" }>;

/** Share of the pictures before the first sample, after which caches and the garbage collector's heap have their size. */
const WARM_UP = 0.1;
const SAMPLES = 10;
/** Number of different photographs, which are generated first and used repeatedly. */
const PHOTOGRAPHS = 4;
/** MiB by which a process's memory varies with the garbage collector. */
const COLLECTOR = 128;

export async function benchEndurance(env: Environment, job: Endurance, limits: Limits): Promise<void> {
  const { elem, pictures, picture } = job;
  const key = `endurance ${elem}`;
  const row: Extract<UnplacedRow, { kind: "endurance" }> = { kind: "endurance", elem, picture, samples: [] };
  if (limits.exclude.includes(key)) return;
  await env.begin(key, { ...row, error: "" });
  const device = await env.device(elem);
  const live = trackLive(device);
  const colorizer = await Colorizer.load({ device, precision: elem, read: (path) => env.read(path) });
  const shown = Array.from({ length: PHOTOGRAPHS }, (_, i) => photograph(i, picture));
  const samples: MemorySample[] = [];
  const times: number[] = [];
  const first = Math.ceil(WARM_UP * pictures);
  const every = Math.max(1, Math.floor((pictures - first) / SAMPLES));
  let error: string | undefined;
  for (let made = 1; made <= pictures; made++) {
    const start = performance.now();
    try {
      await colorizer.colorize(shown[made % PHOTOGRAPHS]!);
    } catch (cause) {
      error = `picture ${made}: ${String(cause)}`;
      break;
    }
    times.push(performance.now() - start);
    if (made >= first && ((made - first) % every === 0 || made === pictures)) {
      samples.push({ pictures: made, live: live(), ...(await env.memory()) });
      // Reports progress, and leaves the samples so far in case the process crashes.
      await env.begin(key, { ...row, samples: [...samples], wall: spreadOf(times), error: "" });
    }
    if (over(limits)) {
      error = `${made} of ${pictures} pictures: no time was left`;
      break;
    }
  }
  await env.rows(key, [{ ...row, samples, wall: spreadOf(times), error: growth(samples) ?? error }]);
  colorizer.dispose();
}

/** Names the memory that grew between the first and the last sample; undefined when none did. */
export function growth(samples: EnduranceRow["samples"]): string | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || first === last) return undefined;
  const grown = (kind: "process" | "gpu", allowed: number): string | false => {
    const more = (last[kind] ?? 0) - (first[kind] ?? 0);
    return more > allowed && `memory of the ${kind} grew by ${more.toFixed(0)} MiB`;
  };
  const found = [
    last.live > first.live && `${last.live - first.live} more buffers and textures are alive`,
    grown("process", COLLECTOR),
    grown("gpu", COLLECTOR),
  ].filter((text) => text !== false);
  if (found.length === 0) return undefined;
  return `from picture ${first.pictures} to ${last.pictures} ${found.join(", ")}`;
}
