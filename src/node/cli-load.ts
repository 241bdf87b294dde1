/** Loads the command's Colorizer: a device, and a model from disk or the network. */
import { InputError } from "../base/errors";
import type { Colorizer } from "../colorizer/colorizer";
import type { LoadSettings } from "./cli";
import { loadNodeColorizer } from "./load-colorizer";

/**
 * Throws DeviceError, ManifestError, DownloadError or ModelError, InputError for a temperature where the model has none, or the signal's
 * reason.
 */
export async function loadColorizer(settings: LoadSettings): Promise<Colorizer> {
  const { model, preset, adapter, precision, temperature, tune, check, signal, onProgress } = settings;
  onProgress("looking for a GPU");
  const colorizer = await loadNodeColorizer({
    model,
    preset,
    adapter,
    precision,
    check,
    signal,
    onProgress: ({ stage, loaded, total }) =>
      onProgress(stage === "download" ? "reading the model" : "compiling", total > 0 ? loaded / total : undefined),
  });
  const { name, colorizer: network } = colorizer.manifest;
  if (temperature !== undefined && network.output.kind !== "cells") {
    colorizer.dispose();
    throw new InputError({
      where: "--temperature",
      expected: "a model that predicts a distribution over colours",
      received: `${name}, whose output is ${network.output.kind}`,
      hint: "Leave it out, or name another model with --model.",
    });
  }
  if (tune !== undefined) {
    const measuring = (): void => onProgress("measuring the fastest algorithms");
    measuring();
    try {
      await colorizer.tune({ milliseconds: tune * 1000, signal, onProgress: measuring });
    } catch (error) {
      colorizer.dispose();
      throw error;
    }
  }
  return colorizer;
}
