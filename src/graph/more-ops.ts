/** What shipped models do without, in a file of its own for pages to load when a model asks for it. */
import rareWgsl from "../../shaders/lib/activation-rare.wgsl?raw";
import { evaluate } from "./evaluate";
import { constantArithmetic } from "./import/constant-arithmetic";
import { OP_FAMILIES } from "./import/families";
import { ARITHMETIC } from "./import/primitives";
import { OPS } from "./import/registry";
import { lowerMore, MORE_KERNELS } from "./lower-more";
import { LOWERINGS } from "./lower-node";
import { RARE_ACTIVATIONS } from "../kernels/activation";
import { OPTIONAL } from "./optional";
import { foldAffine } from "./passes/fold-affine";
import { KERNELS } from "./registry";
import { verify } from "./verify";

/** Makes every op known to importModel(), optimize() and lower(). */
export function addMoreOps(): void {
  for (const family of Object.values(OP_FAMILIES))
    for (const [op, importer] of Object.entries(family)) OPS.set(op, importer);
  Object.assign(ARITHMETIC, constantArithmetic);
  Object.assign(OPTIONAL, { evaluate, foldAffine: foldAffine.run, verify });
  LOWERINGS.more = lowerMore;
  RARE_ACTIVATIONS.wgsl = rareWgsl;
  Object.assign(KERNELS, MORE_KERNELS);
}
