/** What shipped models do without, in a file of its own for pages to load when a model asks for it. */
import { evaluate } from "./evaluate";
import { constantArithmetic } from "./import/constant-arithmetic";
import { OP_FAMILIES } from "./import/families";
import { ARITHMETIC } from "./import/primitives";
import { OPS } from "./import/registry";
import { lowerMore } from "./lower-more";
import { LOWERINGS } from "./lower-node";
import { OPTIONAL } from "./optional";
import { foldAffine } from "./passes/fold-affine";
import { verify } from "./verify";

/** Makes every op known to importModel(), optimize() and lower(). */
export function addMoreOps(): void {
  for (const family of Object.values(OP_FAMILIES))
    for (const [op, importer] of Object.entries(family)) OPS.set(op, importer);
  Object.assign(ARITHMETIC, constantArithmetic);
  Object.assign(OPTIONAL, { evaluate, foldAffine: foldAffine.run, verify });
  LOWERINGS.more = lowerMore;
}
