/** What a Colorizer loads on its device. */
import type { Watchdog } from "../base/watchdog";
import { requestDevice } from "../gpu/device";
import { callOut } from "../gpu/explain";
import type { Opening } from "../gpu/on-device";
import { storageOf } from "../gpu/storage";
import type { ConvChoices } from "../graph/lower/conv-choice";
import { PictureStages } from "../image/picture-stages";
import type { LoadProgress } from "../weights/model/progress";
import { Networks } from "./networks";
import type { ColorizerOptions } from "./options";
import { modelAddress } from "./shipped-models";
import { choicesFor } from "./tuning";

export interface DeviceParts {
  readonly device: GPUDevice;
  readonly choices: ConvChoices;
  readonly networks: Networks;
  readonly stages: PictureStages;
}

/** How a Colorizer's parts are loaded, again after the device was lost; then calls `onReplaced`. */
export function partsFor(options: ColorizerOptions, watchdog: Watchdog, onReplaced: () => void): Opening<DeviceParts> {
  const { device = requestDevice, precision = "auto", tune, read } = options;
  return {
    device,
    where: "colorize",
    watchdog,
    async open(on, { safer, before, signal }) {
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
      const own = { device: on, model, choices, precision: used, signal, beat, onProgress };
      const networks = await Networks.load({ ...options, ...own });
      return { device: on, choices, networks, stages: new PictureStages(on, networks.pipelines) };
    },
    replaced({ networks }) {
      networks.dispose();
      onReplaced();
    },
  };
}
