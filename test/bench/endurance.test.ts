/** Suite "endurance" on a model of a few kilobytes. */
import { expect, it } from "vitest";
import { benchEndurance } from "../../bench/endurance-bench";
import { environmentOf } from "../../bench/environment";
import type { Job, Limits, Row } from "../../bench/rows";
import { testDevice } from "../gpu";
import { tinyReader } from "../shared/tiny-model";

const JOB = { suite: "endurance", elem: "f32", pictures: 30, picture: [24, 16] } as const satisfies Job;
const LIMITS: Limits = { repeats: 1, budget: 1, tune: 0, exclude: [] };

async function play(limits: Limits, mebibytes: () => number): Promise<Row[]> {
  const rows: Row[] = [];
  const device = await testDevice();
  const read = tinyReader();
  const env = await environmentOf({
    where: "node",
    device: () => Promise.resolve(device),
    read: (path) => read(path, undefined, () => {}, new AbortController().signal),
    contenders: [],
    cpuMilliseconds: () => NaN,
    memory: () => Promise.resolve({ process: mebibytes() }),
    send: (message) => Promise.resolve(void (message.type === "rows" && rows.push(...message.rows))),
  });
  await benchEndurance(env, JOB, limits);
  return rows;
}

it("takes samples on the way, and finds nothing that grows", async () => {
  const [row] = await play(LIMITS, () => 100);
  if (row?.kind !== "endurance") throw new Error("no row");
  expect(row.error).toBeUndefined();
  expect(row.wall?.repeats).toBe(30);
  expect(row.samples[0]).toMatchObject({ pictures: 3, process: 100 });
  expect(row.samples.at(-1)!.pictures).toBe(30);
  expect(row.samples[0]!.live).toBeGreaterThan(0);
});

it("says what grew, and how many pictures there were when time ran out", async () => {
  let mebibytes = 0;
  const [grown] = await play(LIMITS, () => (mebibytes += 50));
  expect(grown).toMatchObject({ error: expect.stringMatching(/process grew by \d+ MiB/) });
  const [short] = await play({ ...LIMITS, until: Date.now() - 1 }, () => 100);
  expect(short).toMatchObject({ error: "1 of 30 pictures: no time was left" });
});
