/** Many pictures and many loads, one after another: memory stays as it was. */
import { setFlagsFromString } from "node:v8";
import { Colorizer } from "../../src/colorizer/colorizer";
import { randoms } from "../../test/shared/randoms";
import { tinyReader } from "../../test/shared/tiny-model";
import { Finding, fromJsonInput, jsonInput, whole, type Attack, type Checked } from "./attack";
import { heapBytes } from "./heap";
import { attackedDevice, expectLive } from "./promises";

interface Input {
  readonly work: "pictures" | "loads";
  readonly rounds: number;
}

/** Rounds before the heap counts as warm. */
const WARM = 20;
/** Bytes by which the heap may grow in a round. */
const MOST_GROWTH = 1024;
/** Measurements of the heap, so that one garbage collection does not decide. */
const MEASUREMENTS = 20;

const SIZES = [
  [24, 16],
  [60, 9],
  [7, 31],
  [1, 1],
] as const;
const pictures = SIZES.map(([width, height], i) => ({
  width,
  height,
  data: Uint8Array.from(randoms(width * height * 4, i, 0, 256), Math.floor),
}));

/** The slope of a line through points at equal distances, by least squares. */
function slope(values: readonly number[]): number {
  const [middle, mean] = [(values.length - 1) / 2, values.reduce((sum, value) => sum + value, 0) / values.length];
  const [above, below] = values.reduce(
    ([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2],
    [0, 0],
  );
  return above! / below!;
}

async function check(bytes: Uint8Array): Promise<Checked> {
  // Code that V8 optimises lies in the heap, and comes late.
  for (const compiler of ["sparkplug", "maglev", "opt"]) setFlagsFromString(`--no-${compiler}`);
  const { work, rounds } = fromJsonInput<Input>(bytes);
  const { device, live } = await attackedDevice();
  const before = live();
  const load = (): Promise<Colorizer> =>
    Colorizer.load({ model: "tiny", read: tinyReader(), device, precision: "f32" });
  const kept = work === "pictures" ? await load() : undefined;
  const round = async (i: number): Promise<void> => {
    const colorizer = kept ?? (await load());
    await colorizer.colorize(pictures[i % pictures.length]!);
    if (!kept) colorizer.dispose();
  };
  for (let i = 0; i < WARM; i++) await round(i);
  const between = Math.max(1, Math.floor((rounds - WARM) / MEASUREMENTS));
  const [heaps, buffers] = [[await heapBytes()], live()];
  for (let i = WARM; i < rounds; i++) {
    await round(i);
    if ((i - WARM) % between === between - 1) heaps.push(await heapBytes());
  }
  if (live() > buffers) throw new Finding(`${live() - buffers} buffers or textures more after ${rounds} ${work}`);
  kept?.dispose();
  await expectLive(live, before);
  const growth = slope(heaps) / between;
  if (growth > MOST_GROWTH)
    throw new Finding(`the heap grows by ${Math.round(growth)} bytes for each of ${rounds} ${work}`);
  return {
    outcome: `the same memory after ${rounds} ${work}`,
    figures: { [`bytes of heap for each of ${rounds} ${work}`]: Math.round(growth) },
  };
}

async function corpus(): Promise<Record<string, Uint8Array>> {
  return {
    "pictures.json": jsonInput({ work: "pictures", rounds: 1000 } satisfies Input),
    "loads.json": jsonInput({ work: "loads", rounds: 200 } satisfies Input),
  };
}

export const soak: Attack = {
  name: "soak",
  about: "many pictures and many loads, one after another, with the heap measured",
  share: 0,
  seconds: 600,
  memory: 4e8,
  invent: (dice) => whole(jsonInput({ work: dice.pick(["pictures", "loads"] as const), rounds: 60 } satisfies Input)),
  corpus,
  check,
};
