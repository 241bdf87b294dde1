/** Stores measurements between sessions. */
import { version } from "../../package.json";
import { describeDevice } from "../gpu/device";
import type { ConvChoices, Measured, Scores } from "../graph/lower/conv-choice";

/** Stores plain data by key. Callers validate what read() returns, and treat its errors as an empty store. */
export interface TuningStore {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
}

/**
 * The key of a device's measurements: adapter (with its driver, where known) and browser or Node version, and the package's version, because scores of
 * other versions' kernels do not apply.
 */
export function tuningKey(device: GPUDevice): string {
  return [version, describeDevice(device), globalThis.navigator?.userAgent].filter(Boolean).join(" | ");
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
export function inTime(reading: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.race([reading, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/** Makes sessions use the stored results of earlier checks of this device's algorithms, and stores new ones. Never throws. */
export function keepChecks(device: GPUDevice, choices: ConvChoices, store = browserStore()): void {
  if (!store) return;
  const key = `${tuningKey(device)} | checks`;
  const read = async (): Promise<void> => {
    choices.check(readVerdicts(await store.read(key).catch(() => undefined)));
    choices.onChecked = (checked) => {
      // A choice that failed to run is left out: it may have enough memory in the next session.
      const known = Object.entries(checked).filter(([, right]) => right !== null);
      void store.write(key, Object.fromEntries(known)).catch(() => undefined);
    };
  };
  choices.ready = Promise.all([choices.ready, inTime(read())]);
}

/** The valid part of stored answers to a question. */
export function readVerdicts(stored: unknown): Record<string, boolean> {
  const isAnswer = (entry: [string, unknown]): entry is [string, boolean] => typeof entry[1] === "boolean";
  return Object.fromEntries(entriesOf(stored).filter(isAnswer));
}

/** The valid part of stored scores. */
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
    write: async (key, value) => void (await run("readwrite", (store) => store.put(value, key))),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB failed")));
  });
}
