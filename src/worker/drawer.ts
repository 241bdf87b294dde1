/** Starts workers that draw. */
import { packagePart } from "../base/package-part";
import { Connection } from "./connection";

const start = (): Worker => new Worker(new URL("./draw-worker.ts", import.meta.url), { type: "module" });

/** A worker for one canvas. `workers`: as in LoadOptions. Resolves with undefined where there is none that could draw. */
export async function openDrawer(workers: string): Promise<Connection | undefined> {
  const kind = workers ? (await packagePart(import("./worker-folder"))).startIn(workers, "draw") : start;
  return Connection.open(kind);
}
