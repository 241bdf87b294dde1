/** The passes that run on every graph before lowering. */
import { cancelTransposes } from "./cancel-transposes";
import { dropDead } from "./drop-dead";
import { dropIdentities } from "./drop-identities";
import { foldAffine } from "./fold-affine";
import { foldConstants } from "./fold-constants";
import { fuseActivation } from "./fuse-activation";
import { fuseLayerNorm } from "./fuse-layer-norm";
import { fusePool } from "./fuse-pool";
import { fuseResidual } from "./fuse-residual";
import { mergeSiblings } from "./merge-siblings";
import type { Pass } from "./pass";
import { splitConvTranspose } from "./split-conv-transpose";
import { splitTileConcat } from "./split-tile-concat";
import { upsampleIntoConv } from "./upsample-into-conv";

/**
 * The passes in order. The first ones simplify exporters' graphs; then transposes cancel, which makes operands adjacent, and
 * the channels of images the last axis; folding and fusing follow, layer normalisations before affines that would change their parts, affines before activations, because a fused activation prevents folding an affine. Transposed
 * convolutions keep their form until then, so that these passes find one node.
 */
export const PASSES: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  cancelTransposes,
  dropIdentities,
  fuseLayerNorm,
  foldAffine,
  splitTileConcat,
  foldConstants,
  fuseResidual,
  fuseActivation,
  splitConvTranspose,
  upsampleIntoConv,
  fusePool,
  mergeSiblings,
  dropIdentities,
  dropDead,
];
