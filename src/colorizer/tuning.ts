/** How a Colorizer's convolutions are chosen: as measured in earlier sessions, and in this one when there is time. */
import { ConvChoices } from "../graph/lower/conv-choice";
import { checkNumber, TUNE_MILLISECONDS } from "../base/option-checks";
import { ENGINE } from "../session/engine";
import { recall } from "../tuning/store";
import type { TuneOptions } from "../tuning/tune";

/** true: with the defaults of TuneOptions. */
export type TuneSetting = boolean | Pick<TuneOptions, "milliseconds" | "store" | "admit">;

/** Of a setting, what tune() takes. Throws InputError for a time that is none. */
export function tuneOptions(setting?: TuneSetting): TuneOptions {
  if (typeof setting !== "object") return {};
  if (setting.milliseconds !== undefined) checkNumber(TUNE_MILLISECONDS, setting.milliseconds);
  return setting;
}

/** Milliseconds that loading waits for what was measured earlier. */
const PATIENCE = 2000;

/** With a setting, programs wait for what was measured in earlier sessions; it is read while the model comes in. */
export function choicesFor(device: GPUDevice, setting: TuneSetting = false): ConvChoices {
  const choices = new ConvChoices(device, ENGINE.convolutions);
  if (!setting) return choices;
  const recalled = recall(device, choices, tuneOptions(setting).store);
  // A database that other pages block may never answer: pictures do not wait for it.
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  choices.ready = Promise.all([choices.ready, Promise.race([recalled, patience])]);
  return choices;
}

/** Runs `work` when the page has nothing to do, and lets it fail. */
export function whenIdle(work: () => Promise<unknown>): void {
  const start = (): void => void work().catch(() => undefined);
  // Not in Node and Safari.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(start, { timeout: 5000 });
  else setTimeout(start, 200);
}
