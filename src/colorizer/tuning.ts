/** Tuning of a Colorizer: reads measurements of earlier sessions, and measures when the page is idle. */
import { ConvChoices } from "../graph/lower/conv-choice";
import { checkNumber, TUNE_MILLISECONDS } from "../base/option-checks";
import { ENGINE } from "../session/engine";
import { inTime, keepChecks, recall } from "../tuning/store";
import type { TuneOptions } from "../tuning/tune";

/** true: tune with the defaults of TuneOptions. */
export type TuneSetting = boolean | Pick<TuneOptions, "milliseconds" | "store" | "admit">;

/** The options of tune() from a setting. Throws InputError for an invalid time. */
export function tuneOptions(setting?: TuneSetting): TuneOptions {
  if (typeof setting !== "object") return {};
  if (setting.milliseconds !== undefined) checkNumber(TUNE_MILLISECONDS, setting.milliseconds);
  return setting;
}

/** The choices of a device. With a setting, stored measurements are read during the download, and compilation waits for them. */
export function choicesFor(device: GPUDevice, setting: TuneSetting = false): ConvChoices {
  const choices = new ConvChoices(device, ENGINE.convolutions);
  const { store } = tuneOptions(setting);
  if (setting) choices.ready = inTime(recall(device, choices, store));
  keepChecks(device, choices, store);
  return choices;
}

/** Runs `work` when the page is idle, and ignores its errors. */
export function whenIdle(work: () => Promise<unknown>): void {
  const start = (): void => void work().catch(() => undefined);
  // Node and Safari lack requestIdleCallback.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(start, { timeout: 5000 });
  else setTimeout(start, 200);
}
