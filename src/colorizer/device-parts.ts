/** What a Colorizer loads on its device. */
import { DeviceError } from "../base/errors";
import type { Watchdog } from "../base/watchdog";
import { requestDevice } from "../gpu/device";
import { lossAfterError } from "../gpu/device-loss";
import { callOut } from "../gpu/explain";
import type { Opening } from "../gpu/on-device";
import { storageOf } from "../gpu/storage";
import type { ConvChoices } from "../graph/lower/conv-choice";
import { PictureStages } from "../image/picture-stages";
import type { TuningStore } from "../tuning/store";
import type { Manifest } from "../weights/model/manifest";
import type { LoadProgress } from "../weights/model/progress";
import { halfSuffices, readVerdict, writeVerdict } from "./half-check";
import type { NetworkOptions } from "./network-options";
import { Networks } from "./networks";
import type { ColorizerOptions } from "./options";
import { isShipped, modelAddress } from "./shipped-models";
import { choicesFor, tuneOptions } from "./tuning";

export interface DeviceParts {
  readonly device: GPUDevice;
  readonly choices: ConvChoices;
  readonly networks: Networks;
  readonly stages: PictureStages;
  /** What users of all results should know. */
  readonly notes: readonly string[];
}

/**
 * How a Colorizer's parts are loaded, again after the device was lost; then calls `onReplaced`. Where first parts are wanted, the embedder is
 * compiled when `earlyEnds` resolves.
 */
export function partsFor(
  options: ColorizerOptions,
  watchdog: Watchdog,
  onReplaced: () => void,
  earlyEnds: () => Promise<void>,
): Opening<DeviceParts> {
  const { device = requestDevice, precision = "auto", tune, read } = options;
  const { store } = tuneOptions(tune);
  // Nobody knows that the numbers of a new model fit into f16.
  const { checkF16 = read !== undefined || !isShipped(options.model) } = options;
  return {
    device,
    where: "colorize",
    watchdog,
    async open(on, { safer, before, signal, onFirstParts }) {
      const used = safer && precision !== "f16-weights" ? "f32" : precision;
      storageOf(on, used); // throws for an unsupported precision before the download
      const choices = choicesFor(on, tune);
      if (before) choices.adopt(before.choices);
      // With a reader, the address is used in messages only.
      const model = (read && options.model) || modelAddress(options.model);
      const { beat } = watchdog;
      const onProgress = (progress: LoadProgress): void => {
        beat();
        callOut(options.onProgress, progress);
      };
      const load = (how: Partial<NetworkOptions<Networks>>): Promise<Networks> =>
        Networks.load({ ...options, device: on, model, choices, precision: used, signal, beat, onProgress, ...how });
      const partsOf = (networks: Networks, notes: readonly string[] = []): DeviceParts => {
        return { device: on, choices, networks, stages: new PictureStages(on, networks.pipelines), notes };
      };
      const half = storageOf(on, used) === "f16";
      const onFirstNetworks = (networks: Networks): Promise<void> => {
        onFirstParts!(partsOf(networks));
        return earlyEnds();
      };
      if (!checkF16 || used !== "auto" || !half) return partsOf(await load(onFirstParts ? { onFirstNetworks } : {}));
      return settled(await load({ precisionOf: knownPrecision(on, store) }), partsOf, load, store);
    },
    replaced({ networks }) {
      networks.dispose();
      onReplaced();
    },
  };
}

/** f32 for models that are known to exceed the range of f16. */
function knownPrecision(device: GPUDevice, store: TuningStore | undefined): NetworkOptions["precisionOf"] {
  return async (manifest) => ((await readVerdict(device, hashesOf(manifest), store)) === false ? "f32" : undefined);
}

function hashesOf({ files }: Manifest): string {
  return Object.values(files)
    .map(({ sha256 }) => sha256)
    .sort()
    .join(" ");
}

const OVERFLOWS = "this model's numbers exceed the range of f16: computed in f32";

/** The parts for a new model, whose networks were loaded as far as is known: those in f16 only where they predict the same as in f32. */
async function settled(
  networks: Networks,
  partsOf: (networks: Networks, notes?: readonly string[]) => DeviceParts,
  load: (how: Partial<NetworkOptions<Networks>>) => Promise<Networks>,
  store: TuningStore | undefined,
): Promise<DeviceParts> {
  const { device, manifest } = networks;
  if (networks.elem === "f32") return partsOf(networks, [OVERFLOWS]);
  const model = hashesOf(manifest);
  if (await readVerdict(device, model, store)) return partsOf(networks);
  let full: Networks | undefined;
  try {
    full = await load({ precision: "f32", onProgress: undefined });
    const suffices = await halfSuffices(networks, full, partsOf(full).stages);
    await writeVerdict(device, model, suffices, store);
    if (!suffices) {
      networks.dispose();
      return partsOf(full, [OVERFLOWS]);
    }
  } catch (error) {
    full?.dispose();
    // For lack of memory, say: the model is compared when it is loaded again.
    const usable = error instanceof DeviceError && (await lossAfterError(device)).reason === undefined;
    if (usable) return partsOf(networks, [`the model was not compared in f16 and f32 (${error.message})`]);
    networks.dispose();
    throw error;
  }
  full.dispose();
  return partsOf(networks);
}
