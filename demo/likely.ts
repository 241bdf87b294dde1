/** The colours that the network holds likely at the chosen place of the photograph, as swatches. */
import type { ColorizeResult, LikelyColor, Place } from "../src/index";
import type { Photo } from "./album";
import { element } from "./make-element";
import { page } from "./view";

/** Of at most eight: so many fit beside each other on a phone. */
const MOST = 6;

const buttons = Array.from({ length: MOST }, () => element("button", "", { type: "button" }));

/** What is shown, or asked for. */
let now: { readonly result: ColorizeResult; readonly x: number; readonly y: number } | undefined;

/** Calls `choose` with the colour of a swatch that is pressed. */
export function startLikely(choose: (color: string) => void): void {
  for (const button of buttons) button.addEventListener("click", () => choose(button.value));
  page.likely.append(...buttons);
}

/** Shows the likely colours of a place; without one, empty swatches, so that nothing moves. Hidden where the model predicts no distribution. */
export async function showLikely(
  photo: Photo | undefined,
  place: Place | undefined,
  color: string | undefined,
): Promise<void> {
  const { result, colorizer } = photo?.colours ?? {};
  page.likely.hidden = colorizer?.manifest.colorizer.output.kind !== "cells";
  mark(color);
  if (!result || !place || page.likely.hidden) {
    now = undefined;
    return fill([]);
  }
  const { x, y } = place;
  if (now?.result === result && now.x === x && now.y === y) return;
  const asked = (now = { result, x, y });
  try {
    const likely = await result.likelyColors(place);
    if (now !== asked) return;
    fill(likely);
    mark(color);
  } catch (error) {
    console.warn(error); // the model was freed meanwhile; another result comes
  }
}

function fill(likely: readonly LikelyColor[]): void {
  buttons.forEach((button, i) => {
    const { color = "", probability = 0 } = likely[i] ?? {};
    const text = color && `${color}, ${Math.round(100 * probability)} % likely`;
    button.value = color;
    button.disabled = !color;
    button.title = text;
    button.setAttribute("aria-label", text || "No likely colour");
    button.style.setProperty("--pin", color || "transparent");
  });
}

function mark(color: string | undefined): void {
  for (const button of buttons)
    button.setAttribute("aria-pressed", String(button.value !== "" && button.value === color));
}
