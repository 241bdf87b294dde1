/** Tunes a small model on the available device with a few algorithms, and checks what is stored. */
import { expect, it, vi } from "vitest";
import { ConvChoices, type Measured } from "../../src/graph/lower/conv-choice";
import { PipelineCache } from "../../src/gpu/pipelines";
import { recall, tuningKey, type TuningStore } from "../../src/tuning/store";
import { tune, type TuneTarget } from "../../src/tuning/tune";
import { CONV_ALGORITHMS, convChoices, DEFAULT_CHOICE } from "../../src/kernels/conv/algorithms";
import { ENGINE } from "../../src/session/engine";
import { testDevice } from "../gpu";
import { convCase } from "../shared/conv-cases";
import { trackLive } from "../shared/live-memory";

// Drivers take seconds to compile when many processes share few cores.
vi.setConfig({ testTimeout: 600_000 });

/** Admits choices whose pipelines compile quickly. */
const admit = (choice: string): boolean => /^(direct|split\/2)/.test(choice);

class Memory implements TuningStore {
  readonly content = new Map<string, unknown>();
  async read(key: string): Promise<unknown> {
    return this.content.get(key);
  }
  async write(key: string, measured: Measured): Promise<void> {
    this.content.set(key, structuredClone(measured));
  }
}

async function target(): Promise<TuneTarget> {
  const device = await testDevice();
  const choices = new ConvChoices(device, ENGINE.convolutions);
  choices.record(convCase("matrix", [5, 9, 16], [1, 1], 24, { residual: true }).params);
  choices.record({ ...convCase("slice", [6, 7, 8], [1, 1], 8).params, slice: { first: 8, channels: 24 } });
  return { device, choices, engine: ENGINE, pipelines: new PipelineCache(device) };
}

it("measures every choice once, stores the results, and frees its resources", async () => {
  const own = await target();
  const { device, choices } = own;
  const live = trackLive(device);
  const before = live();
  const store = new Memory();
  const report = await tune(own, { milliseconds: Infinity, store, admit });
  expect(live()).toBe(before);
  expect(report.stopped).toBeUndefined();
  expect(report.shapes.map(({ params }) => params)).toEqual([...choices.seen.values()].map(({ params }) => params));
  expect(report.rows).toHaveLength(2);
  for (const { params, key, milliseconds, results } of report.rows) {
    expect(milliseconds).toBeGreaterThan(0);
    const expected = convChoices(CONV_ALGORITHMS, params, choices.device).filter(
      (choice) => choice !== DEFAULT_CHOICE && admit(choice),
    );
    expect(results.map(({ choice }) => choice).sort()).toEqual(expected.sort());
    expect(results.filter(({ problem }) => problem !== undefined)).toEqual([]);
    for (const { choice, score } of results) expect(choices.measured[key]![choice]).toBe(score);
  }
  expect(store.content.get(tuningKey(device))).toEqual(choices.measured);

  const later = await target();
  await recall(later.device, later.choices, store);
  expect(later.choices.measured).toEqual(choices.measured);
  expect((await tune(later, { milliseconds: Infinity, store, admit })).rows).toEqual([]);
});

it("says what programs have to be made again for, also when it was measured before", async () => {
  const own = await target();
  const { device, choices } = own;
  const store = new Memory();
  const [key, { choice }] = [...choices.seen][0]!;
  expect(choice).not.toBe("split/2");
  await store.write(tuningKey(device), { [key]: { "split/2": 0.1 } });
  const nothing = { milliseconds: 0, store };
  const controller = new AbortController();
  const stopping = { ...nothing, signal: controller.signal, admit: () => (controller.abort(), true) };
  await expect(tune(own, stopping)).rejects.toThrow(/abort/i);
  expect(await tune(own, nothing)).toMatchObject({ rows: [], changed: 1 });
  expect(await tune(own, nothing)).toMatchObject({ changed: 0 });
});

it("measures nothing in no time, and survives stores that fail", async () => {
  const own = await target();
  const broken: TuningStore = {
    read: () => Promise.reject(new Error("no")),
    write: () => Promise.reject(new Error("no")),
  };
  const report = await tune(own, { store: broken, ...(own.choices.kind === "gpu" && { milliseconds: 0 }) });
  expect(report).toMatchObject({ rows: [], milliseconds: 0, changed: 0 });
  expect(report.stopped).toBe(own.choices.kind === "cpu" ? "software" : "time");
});

it("stops when asked, leaving nothing on the device and what it measured in the store", async () => {
  const own = await target();
  const live = trackLive(own.device);
  const before = live();
  const store = new Memory();
  const controller = new AbortController();
  const tuning = tune(own, {
    milliseconds: Infinity,
    store,
    admit,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(tuning).rejects.toThrow(/abort/i);
  expect(live()).toBe(before);
  expect(Object.keys(store.content.get(tuningKey(own.device)) as object)).toHaveLength(1);
  await expect(tune(own, { store, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
