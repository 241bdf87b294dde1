/** Starts workers that draw: loaded only for large pictures, which few pages show. */
import { Connection } from "./connection";
import { startIn } from "./worker-folder";

const start = (): Worker => new Worker(new URL("./draw-worker.ts", import.meta.url), { type: "module" });

/** A worker for one canvas. `workers`: as in LoadOptions. Resolves with undefined where there is none that could draw. */
export function openDrawer(workers: string): Promise<Connection | undefined> {
  return Connection.open(workers ? startIn(workers, "draw") : start);
}
