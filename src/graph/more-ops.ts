/** What shipped models do without, in a file of its own for pages to load when a model asks for it. */
import { evaluate } from "./evaluate";
import { FOLDING } from "./folding";
import { constantArithmetic } from "./import/constant-arithmetic";
import { OP_FAMILIES } from "./import/families";
import { ARITHMETIC } from "./import/primitives";
import { OPS } from "./import/registry";
import { INFER } from "./infer";
import { inferMore } from "./infer-more";
import { lowerMore, MORE_KERNELS } from "./lower-more";
import { LOWERINGS } from "./lower-node";
import { foldAffine } from "./passes/fold-affine";
import { KERNELS } from "./registry";

/** Makes every op known to importModel(), optimize() and lower(). */
export function addMoreOps(): void {
  for (const family of Object.values(OP_FAMILIES))
    for (const [op, importer] of Object.entries(family)) OPS.set(op, importer);
  Object.assign(ARITHMETIC, constantArithmetic);
  Object.assign(FOLDING, { evaluate, foldAffine: foldAffine.run });
  INFER.more = inferMore;
  LOWERINGS.more = lowerMore;
  Object.assign(KERNELS, MORE_KERNELS);
}
