/** Hints for networks that do not take them: their colours, spread over the network's output. */
import { validSamples, type Chroma } from "../image/chroma";
import { spreadHints, type HintField } from "../image/spread-hints";
import type { Size } from "../base/size";
import type { Manifest } from "../weights/model/manifest";
import { takesHints, type CheckedHint } from "./hints";
import type { Predicted } from "./predict";

/** Spreads the hints over a prediction, once for all looks of it. */
export function withHints(predicted: Predicted, manifest: Manifest): Predicted {
  const { hints, source, chroma } = predicted;
  return { ...predicted, chroma: { ...chroma, hints: hintField(hints, source, chroma, manifest) } };
}

/** What hints say of a network's output; undefined without hints, and where they are inputs of the network. */
export function hintField(
  hints: readonly CheckedHint[],
  picture: Size,
  chroma: Pick<Chroma, "luminance" | "map" | "size" | "padded">,
  manifest: Manifest,
): HintField | undefined {
  if (hints.length === 0 || takesHints(manifest)) return undefined;
  const predicted = hints.map((hint) => ({ ...hint, ab: predictedAs(hint.ab, manifest) }));
  return spreadHints(predicted, picture, {
    lightness: chroma.luminance,
    map: chroma.map,
    valid: validSamples(chroma),
  });
}

/** The prediction, as a* and b*, that the model's own look shows as this colour: see Shown. */
function predictedAs([a, b]: readonly [number, number], { colorizer }: Manifest): [number, number] {
  const { saturation, knee } = colorizer;
  const shown = Math.hypot(a, b);
  if (shown === 0 || saturation === 0) return [a, b];
  let [low, high] = [0, (2 * shown) / saturation + knee];
  for (let i = 0; i < 50; i++) {
    const chroma = (low + high) / 2;
    if ((saturation * chroma ** 3) / (chroma ** 2 + knee ** 2) < shown) low = chroma;
    else high = chroma;
  }
  return [(a * high) / shown, (b * high) / shown];
}
