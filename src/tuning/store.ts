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
