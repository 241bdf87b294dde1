/** Stores measurements between sessions. */
import { describeDevice } from "../gpu/device";
import type { ConvChoices, Measured, Scores } from "../graph/lower/conv-choice";

/** Stores plain data by key. Callers validate what read() returns, and treat its errors as an empty store. */
export interface TuningStore {
  read(key: string): Promise<unknown>;
  write(key: string, measured: Measured): Promise<void>;
}

/** The version in package.json. It is part of the key, because scores of other versions' kernels do not apply. */
export const VERSION = "0.1.0";

/** The key of a device's measurements: package version, adapter (with its driver, where known) and browser or Node version. */
export function tuningKey(device: GPUDevice): string {
  return [VERSION, describeDevice(device), globalThis.navigator?.userAgent].filter(Boolean).join(" | ");
}

/** Adds the stored measurements of this device to `choices`. Never throws. */
export async function recall(device: GPUDevice, choices: ConvChoices, store?: TuningStore): Promise<void> {
  const read = async (): Promise<unknown> => (store ?? browserStore())?.read(tuningKey(device));
  const stored = readMeasured(await read().catch(() => undefined));
  choices.measured = { ...stored, ...choices.measured };
}

/** The most milliseconds that loading waits for stored data: a database that another page blocks may never answer. */
const PATIENCE = 2000;

/** Reads something that loading needs, if it comes in time. */
export function inTime(reading: Promise<unknown>): Promise<unknown> {
  return Promise.race([reading, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/** Makes sessions use the stored results of earlier checks of this device's algorithms, and stores new ones. Never throws. */
export function keepChecks(device: GPUDevice, choices: ConvChoices, store = browserStore()): void {
  if (!store) return;
  const key = `${tuningKey(device)} | checks`;
  const read = async (): Promise<void> => {
    const { checks = {} } = readMeasured(await store.read(key).catch(() => undefined));
    choices.check(Object.fromEntries(Object.entries(checks).map(([shaders, score]) => [shaders, score !== null])));
    choices.onChecked = (checked) => {
      // A choice that failed to run gets 0, which is not read: it may have enough memory in the next session.
      const score = (right: boolean | null): number | null => (right === false ? null : Number(right));
      const scores = Object.entries(checked).map(([shaders, right]) => [shaders, score(right)] as const);
      void store.write(key, { checks: Object.fromEntries(scores) }).catch(() => undefined);
    };
  };
  choices.ready = Promise.all([choices.ready, inTime(read())]);
}

/** Whether a model suffices in f16 on this device, as an earlier session found. `model`: the hashes of its files. Never throws. */
export async function readVerdict(
  device: GPUDevice,
  model: string,
  store = browserStore(),
): Promise<boolean | undefined> {
  const { f16 = {} } = readMeasured(await inTime(readOr(store, verdictKey(device))));
  return Object.hasOwn(f16, model) ? f16[model] !== null : undefined;
}

/** Stores what readVerdict() reads. Never throws. */
export async function writeVerdict(
  device: GPUDevice,
  model: string,
  suffices: boolean,
  store = browserStore(),
): Promise<void> {
  const { f16 = {} } = readMeasured(await inTime(readOr(store, verdictKey(device))));
  await store?.write(verdictKey(device), { f16: { ...f16, [model]: suffices ? 1 : null } }).catch(() => undefined);
}

function verdictKey(device: GPUDevice): string {
  return `${tuningKey(device)} | f16`;
}

async function readOr(store: TuningStore | undefined, key: string): Promise<unknown> {
  return store?.read(key).catch(() => undefined);
}

/** The valid part of stored data. */
export function readMeasured(stored: unknown): Measured {
  const measured: Record<string, Scores> = {};
  for (const [key, scores] of entriesOf(stored))
    measured[key] = Object.fromEntries(
      entriesOf(scores).filter((entry): entry is [string, number | null] => entry[1] === null || Number(entry[1]) > 0),
    );
  return measured;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

const STORE = "tuning";

/** A store in IndexedDB; undefined where there is none (Node, some private windows). */
export function browserStore(): TuningStore | undefined {
  try {
    if (!globalThis.indexedDB) return undefined;
  } catch {
    return undefined; // some browsers throw on access where a page may store nothing
  }
  const run = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const opening = indexedDB.open("colorize-canvas", 1);
    opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
    const database = await settled(opening);
    try {
      return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  };
  return {
    read: (key) => run<unknown>("readonly", (store) => store.get(key)),
    write: async (key, measured) => void (await run("readwrite", (store) => store.put(measured, key))),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB failed")));
  });
}
