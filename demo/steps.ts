/** How far the work on a photograph is, in words and as a fraction that only grows. */
import type { ColorizeStage, LoadProgress } from "../src/index";
import { isOwn } from "./models";

export interface Step {
  readonly text: string;
  /** 0 to 1. */
  readonly done: number;
}

const STAGE_TEXT: Readonly<Record<ColorizeStage, string>> = {
  prepare: "Reading the photograph",
  luminance: "Measuring its light",
  embedding: "Recognising what it shows",
  chroma: "Imagining its colours",
  recombine: "Painting at full size",
};
const STAGES = Object.keys(STAGE_TEXT);

/** The parts of the whole for download and for compilation, while the networks are not loaded yet. */
const DOWNLOADED = 0.6;
const PREPARED = 0.75;

export function loadingStep(model: string, { stage, loaded, total, fromCache }: LoadProgress): Step {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const part = total > 0 ? loaded / total : 0;
  if (stage === "compile") return { text: "Preparing the networks", done: DOWNLOADED + (PREPARED - DOWNLOADED) * part };
  if (total === 0) return { text: "Getting ready", done: 0 };
  const text =
    fromCache || isOwn(model)
      ? "Reading the networks from this device"
      : `Downloading ${model}, once: ${megabytes(loaded)} of ${megabytes(total)} MB`;
  return { text, done: DOWNLOADED * part };
}

/** `loaded`: whether the networks were there before this photograph. */
export function colouringStep(stage: ColorizeStage, loaded: boolean): Step {
  const start = loaded ? 0 : PREPARED;
  return { text: STAGE_TEXT[stage], done: start + ((1 - start) * (STAGES.indexOf(stage) + 1)) / (STAGES.length + 1) };
}
