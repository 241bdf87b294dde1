/** The list of passes that every graph goes through before lowering. */
import { cancelTransposes } from "./cancel-transposes";
import { dropDead } from "./drop-dead";
import { dropIdentities } from "./drop-identities";
import { foldAffine } from "./fold-affine";
import { foldConstants } from "./fold-constants";
import { fuseActivation } from "./fuse-activation";
import { fusePool } from "./fuse-pool";
import { fuseResidual } from "./fuse-residual";
import { mergeSiblings } from "./merge-siblings";
import type { Pass } from "./pass";
import { splitTileConcat } from "./split-tile-concat";
import { upsampleIntoConv } from "./upsample-into-conv";

/**
 * In order. The first round tidies what exporters write; then transposes meet and cancel, which brings operands
 * together; folding and fusing follow, an affine before the activation that would hide it.
 */
export const PASSES: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  cancelTransposes,
  dropIdentities,
  foldAffine,
  splitTileConcat,
  foldConstants,
  fuseResidual,
  fuseActivation,
  upsampleIntoConv,
  fusePool,
  mergeSiblings,
  dropIdentities,
  dropDead,
];
