/** How a Colorizer's convolutions are chosen: as measured in earlier sessions, and in this one when there is time. */
import { ConvChoices } from "./graph/conv-choice";
import type { TuneOptions } from "./tuning/tune";

/** true: with the defaults of TuneOptions. */
export type TuneSetting = boolean | Pick<TuneOptions, "milliseconds" | "store" | "admit">;

/** Of a setting, what tune() takes. */
export function tuneOptions(setting?: TuneSetting): TuneOptions {
  return typeof setting === "object" ? setting : {};
}

/** With a setting, programs wait for what was measured in earlier sessions; it is read while the model comes in. */
export function choicesFor(device: GPUDevice, setting: TuneSetting = false): ConvChoices {
  const choices = new ConvChoices(device);
  if (setting)
    choices.ready = import("./tuning/tune")
      .then(({ recall }) => recall({ device, choices }, tuneOptions(setting).store))
      .catch(() => undefined); // a file of the package did not arrive: it works without
  return choices;
}

/** Runs `work` when the page has nothing to do, and lets it fail. */
export function whenIdle(work: () => Promise<unknown>): void {
  const start = (): void => void work().catch(() => undefined);
  // Not in Node and Safari.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(start, { timeout: 5000 });
  else setTimeout(start, 200);
}
