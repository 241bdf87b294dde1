/** Every text that <colorize-canvas> shows or gives to screen readers, in one table. */
import type { ErrorCode } from "../base/errors";

export const TEXTS = {
  /** While the photograph or the list of the model's files is being loaded. */
  loading: "Loading",
  /** {loaded} and {total} are megabytes. */
  download: "Downloading the model: {loaded} of {total} MB",
  cached: "Reading the model from this device",
  compile: "Preparing the networks",
  colorize: "Colouring",
  /** Name of the progress bar. */
  progress: "Colouring the photograph",
  /** {message} is the error's message, in English. A text "error-CODE", for example "error-device", is used for errors of that code. */
  error: "{message}",
  /** Name of the comparison slider. */
  compare: "Compare with the original",
  /** What the comparison slider says. {value} is 0 to 100. */
  comparePosition: "{value} % original",
  hold: "Hold to see the original",
  /** Name of the picture that can be zoomed. */
  zoom: "Photograph. Plus and minus zoom, 0 shows all of it, 1 its own size, arrows move it.",
  /** Name of the group of controls. */
  controls: "Colours",
  start: "Colour",
  stop: "Stop",
  retry: "Try again",
  saturation: "Saturation",
  warmth: "Warmth",
  /** What the sliders of saturation and warmth say. {value} is 0 to 400, or -100 to 100. */
  percent: "{value} %",
  /** Undoes changes of saturation and warmth. */
  reset: "Reset",
  save: "Save",
} as const;

/** The name of a text of the table, or of one for errors of a code. */
export type TextName = keyof typeof TEXTS | `error-${ErrorCode}`;

/** Texts by name; the table's English ones stand for those left out. */
export type ColorizeTexts = { readonly [Name in TextName]?: string };

/** A text with its {placeholders} filled. */
export function textOf(
  texts: ColorizeTexts,
  name: keyof typeof TEXTS,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return filled(texts[name] ?? TEXTS[name], values);
}

/** What to say of an error. */
export function errorText(
  texts: ColorizeTexts,
  { code, message }: { readonly code: ErrorCode; readonly message: string },
): string {
  return filled(texts[`error-${code}`] ?? texts.error ?? TEXTS.error, { message });
}

function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
