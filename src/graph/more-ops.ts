/** What shipped models do without, in a file of its own for pages to load when a model asks for it. */
import { OP_FAMILIES } from "./import/families";
import { OPS } from "./import/registry";
import { lowerMore, MORE_KERNELS } from "./lower-more";
import { LOWERINGS } from "./lower-node";
import { KERNELS } from "./registry";

/** Makes every op known to importModel() and lower(). */
export function addMoreOps(): void {
  for (const family of Object.values(OP_FAMILIES))
    for (const [op, importer] of Object.entries(family)) OPS.set(op, importer);
  LOWERINGS.more = lowerMore;
  Object.assign(KERNELS, MORE_KERNELS);
}
