/** What is done with the colours of a photograph: another look, a file, facts. */
import type { Colours, Photo } from "./album";
import { encode, USUAL_CHOICE } from "./save";

/** The library's option for the working size. A network that was exported for one size has no other. */
export function sizeOption({ colorizer, settings: { size } }: Omit<Colours, "result">): { readonly size?: number } {
  const { pixels, multiple, shape } = colorizer.manifest.colorizer.size;
  return size === undefined || (shape === "square" && multiple === pixels) ? {} : { size };
}

/** The colours with all of the photograph's settings but the model, which is the same. */
export async function withLook(colours: Colours, photo: Photo, signal: AbortSignal): Promise<Colours> {
  const settings = photo.settings.now;
  const { saturation, warmth, size, hints } = settings;
  const change = {
    saturation,
    warmth,
    ...(hints !== colours.settings.hints && { hints }),
    ...(size !== colours.settings.size && sizeOption({ ...colours, settings })),
  };
  const result = await colours.result.with(change, { signal });
  return { ...colours, result, settings };
}

/** The photograph in colour as JPEG; undefined where it has no colours yet. */
export async function fileOf(photo: Photo): Promise<Blob | undefined> {
  const { colours } = photo;
  const kept = keptFile(photo);
  if (kept || !colours) return kept;
  const file = await encode(colours.result, undefined, originalFile(photo), USUAL_CHOICE);
  // Newer colours may have come meanwhile.
  if (photo.colours === colours) photo.saved = { file, settings: colours.settings };
  return file;
}

/** The file that fileOf() made before, if it shows the photograph's newest colours. */
export function keptFile({ colours, saved }: Photo): Blob | undefined {
  return !colours || saved?.settings === colours.settings ? saved?.file : undefined;
}

/** Undefined for samples. */
export function originalFile({ source }: Photo): Blob | undefined {
  return typeof source === "string" ? undefined : source;
}

/** "natural: 600 × 400 in 1.4 s on the adapter: ..." */
export function factsOf({ result, colorizer, settings }: Colours): string {
  const seconds = (milliseconds: number): string =>
    milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  const { timings: t, workingSize: w } = result;
  const embedding = colorizer.manifest.embedder ? `embedding ${seconds(t.embedding)}, ` : "";
  return (
    `${settings.model}: ${result.width} × ${result.height} in ${seconds(t.total)} on ${colorizer.adapter}: ` +
    `${embedding}colours ${seconds(t.chroma)} at ${w.width} × ${w.height}, ` +
    `full resolution ${seconds(t.recombine)}`
  );
}
