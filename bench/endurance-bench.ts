/** Suite "endurance": many pictures, one after the other, and whether memory stays flat. */
import { Colorizer } from "../src/colorizer/colorizer";
import { trackLive } from "../test/shared/live-memory";
import type { Environment } from "./environment";
import { photograph } from "./model-bench";
import { over, type EnduranceRow, type Finding, type Job, type Limits, type MemorySample } from "./rows";
import { spreadOf } from "./statistics";

type Endurance = Extract<Job, { suite: "endurance" }>;

/** Pictures before the first sample: caches and the collector's heap have their size by then. */
const WARM_UP = 0.1;
const SAMPLES = 10;
/** Different photographs; they are made before and shown again and again. */
const PHOTOGRAPHS = 4;
/** MiB of a process that come and go with the garbage collector. */
const COLLECTOR = 128;

export async function benchEndurance(env: Environment, job: Endurance, limits: Limits): Promise<void> {
  const { elem, pictures, picture } = job;
  const key = `endurance ${elem}`;
  const row: Extract<Finding, { kind: "endurance" }> = { kind: "endurance", elem, picture, samples: [] };
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
      // Says that it lives, and leaves what is known if it dies.
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

/** What grew, between the first sample and the last; undefined when nothing did. */
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
