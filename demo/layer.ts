/** A look into the network: a layer is chosen in its drawing or by a slider, and each of its channels is shown as a grey tile. */
import type { Activations, ColorizerProfile } from "../src/index";
import { element } from "./make-element";
import { explain } from "./words";

interface Layer {
  readonly network: keyof ColorizerProfile;
  readonly output: string;
  readonly kernel: string;
  readonly name: string;
}

/** Of numbers in a tile that is drawn: fewer are repeated. */
const LEAST_SIDE = 8;
/** Widths of tiles on the page, in CSS pixels. */
const SMALL = 32;
const USUAL = 64;
const LARGE = 160;
/** Where the panel was closed meanwhile. */
const SPACE = 320;

/** The parts of `strip` are the layers, in their order. `read` computes one. */
export function layerView(
  strip: HTMLElement,
  layers: readonly Layer[],
  read: (layer: Layer, signal: AbortSignal) => Promise<Activations>,
): HTMLElement {
  const slider = element("input", "", { type: "range", min: "1", max: String(layers.length), step: "1" });
  const place = element("output");
  const label = element("label", "", { className: "slider" });
  label.append(element("span", "Step"), slider, place);
  const text = element("p", "", { className: "which" });
  text.setAttribute("aria-live", "polite");
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  const tiles = element("div", "", { className: "scroll tiles", tabIndex: 0, hidden: true });
  tiles.append(canvas);
  let reading = new AbortController();

  const chosen = (): Layer => layers[slider.valueAsNumber - 1]!;
  const point = (): void => {
    const { name, kernel } = chosen();
    for (const [i, part] of [...strip.children].entries())
      part.classList.toggle("chosen", i === slider.valueAsNumber - 1);
    place.value = `${slider.value} of ${layers.length}`;
    text.textContent = `${name}, by ${kernel}`;
    slider.setAttribute("aria-valuetext", `${place.value}: ${name}`);
  };
  const show = async (): Promise<void> => {
    point();
    reading.abort();
    const { signal } = (reading = new AbortController());
    const { name, kernel } = chosen();
    const facts = `${name}, by ${kernel}: `;
    text.textContent = `${facts}computing…`;
    try {
      const activations = await read(chosen(), signal);
      text.textContent = facts + described(activations);
      canvas.setAttribute("aria-label", `Channels of ${name} as grey tiles`);
      tiles.hidden = false;
      draw(canvas, activations, tiles.clientWidth || SPACE);
    } catch (error) {
      if (signal.aborted) return; // another layer was chosen
      console.error(error);
      tiles.hidden = true;
      text.textContent = facts + (await explain(error, name)).text;
    }
  };
  slider.addEventListener("input", point);
  slider.addEventListener("change", () => void show());
  strip.addEventListener("click", ({ target }) => {
    const index = [...strip.children].indexOf(target as Element);
    if (index < 0) return;
    slider.valueAsNumber = index + 1;
    void show();
  });
  slider.valueAsNumber =
    Math.max(
      0,
      layers.findIndex(({ kernel }) => kernel.startsWith("conv")),
    ) + 1;
  const view = element("div", "", { className: "layer" });
  view.append(label, text, tiles);
  void show();
  return view;
}

/** "64 channels of 128 × 128 numbers. ..." */
function described({ channels, width, height, tile }: Activations): string {
  const step = Math.ceil(width / tile.width);
  const some = step > 1 ? `, of which 1 in ${step} of a row and of a column is shown` : "";
  const which = channels === 1 ? "one channel" : `${channels} channels`;
  return `${which} of ${width} × ${height} numbers${some}. Black is a channel's least number, white its largest.`;
}

/** Draws the tiles in rows as wide as the space in CSS pixels. */
function draw(canvas: HTMLCanvasElement, { channels, tile, data }: Activations, space: number): void {
  const repeat = Math.ceil(LEAST_SIDE / Math.max(tile.width, tile.height));
  const [width, height] = [tile.width * repeat + 1, tile.height * repeat + 1];
  const usual = Math.min(USUAL, Math.max(SMALL, 4 * width));
  const columns = Math.max(1, Math.min(channels, Math.floor(space / usual)));
  const shown = columns < channels ? usual : Math.min(LARGE, Math.max(usual, space / channels));
  canvas.width = columns * width;
  canvas.height = Math.ceil(channels / columns) * height;
  canvas.style.width = `${columns * shown}px`;
  canvas.classList.toggle("enlarged", shown >= width);
  const sheet = new ImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(sheet.data.buffer);
  const area = tile.width * tile.height;
  for (let channel = 0; channel < channels; channel++) {
    const left = (channel % columns) * width;
    const top = Math.floor(channel / columns) * height;
    for (let y = 0; y < height - 1; y++)
      for (let x = 0; x < width - 1; x++) {
        const at = channel * area + Math.floor(y / repeat) * tile.width + Math.floor(x / repeat);
        pixels[(top + y) * canvas.width + left + x] = 0xff000000 + data[at]! * 0x10101;
      }
  }
  canvas.getContext("2d")!.putImageData(sheet, 0, 0);
}
