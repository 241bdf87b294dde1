/** Suite "model": colours a photograph with Colorizer, cold and warm, at several working sizes. */
import type { ColorizeResult } from "../src/colorizer/result";
import { Colorizer } from "../src/colorizer/colorizer";
import type { Environment } from "./environment";
import { repeatsWithin } from "./interleave";
import { photograph, type Pixels } from "./photograph";
import { NO_TIME, over, type UnplacedRow, type Job, type Limits, type ModelStage } from "./rows";
import { spreadOf } from "./statistics";

type UnplacedModel = Extract<UnplacedRow, { kind: "model" }>;

/** A photograph of 2 megapixels. */
const PICTURE: Pixels = [1632, 1224];

export async function benchModel(
  env: Environment,
  { elem, sizes, picture = PICTURE }: Pick<Extract<Job, { suite: "model" }>, "elem" | "sizes" | "picture">,
  limits: Limits,
): Promise<void> {
  const skip = new Set(limits.exclude);
  const keyOf = (size: number): string => `${elem} ${size}`;
  const left = [...sizes].sort((a, b) => a - b).filter((size) => !skip.has(keyOf(size)));
  const rowOf = (size: number): UnplacedModel => ({ kind: "model", elem, size, picture });
  if (left.length === 0) return;
  const device = await env.device(elem);
  const files = new Map<string, Uint8Array>();
  for (const path of ["model.json", "embedder.onnx", "colorizer.onnx"]) files.set(path, await env.read(path));
  let seed = 1;
  let colorizer: Colorizer | undefined;
  /** Milliseconds per flop at the previous size. */
  let pace = 0;
  for (const size of left) {
    const key = keyOf(size);
    if (over(limits)) {
      await env.rows(key, [{ ...rowOf(size), error: NO_TIME }]);
      continue;
    }
    await env.begin(key, { ...rowOf(size), error: "" });
    try {
      const shown = photograph(seed++, picture);
      const start = performance.now();
      const first = !colorizer;
      colorizer ??= await Colorizer.load({
        device,
        precision: elem,
        read: async (path) => files.get(path) ?? (await env.read(path)),
      });
      const { flops, peakBytes, weightBytes, activationBytes } = colorizer.plan(...picture, { size });
      const facts = { ...rowOf(size), flops, peakBytes, weightBytes, activationBytes };
      const expected = pace * flops;
      if (expected > limits.budget) {
        const error = `not run: it would take about ${Math.round(expected / 1000)} s a picture`;
        await env.rows(key, [{ ...facts, error }]);
        continue;
      }
      await colorizer.colorize(shown, { size });
      const cold = performance.now() - start;
      const firstTime = first && size === Math.min(...sizes) ? { cold } : {};
      if (limits.tune > 0) {
        await colorizer.tune({ milliseconds: limits.tune });
        await colorizer.colorize(photograph(seed++, picture), { size });
      }
      const { row, milliseconds } = await warm(colorizer, size, limits, async () => {
        await env.begin(key, { ...facts, error: "" });
        await env.draft(key, [{ ...facts, ...firstTime }]);
        return photograph(seed++, picture);
      });
      pace = milliseconds / flops;
      await env.rows(key, [{ ...facts, ...row, ...firstTime }]);
    } catch (error) {
      await env.rows(key, [{ ...rowOf(size), error: String(error) }]);
      if (!colorizer) throw error;
    }
  }
  colorizer?.dispose();
}

/** Times warm pictures, each of another photograph. */
async function warm(
  colorizer: Colorizer,
  size: number,
  limits: Limits,
  next: () => Promise<ReturnType<typeof photograph>>,
): Promise<{ row: Pick<UnplacedModel, "total" | "stages">; milliseconds: number }> {
  const timings: ColorizeResult["timings"][] = [];
  const total: number[] = [];
  for (let i = 0, repeats = 1; i < repeats && !(i > 0 && over(limits)); i++) {
    const picture = await next();
    const start = performance.now();
    const result = await colorizer.colorize(picture, { size });
    total.push(performance.now() - start);
    timings.push(result.timings);
    if (i === 0) repeats = repeatsWithin(limits.repeats, total[0]!, limits.budget);
  }
  const of = (stage: keyof ColorizeResult["timings"]): number[] => timings.map((t) => t[stage]);
  const stages: Readonly<Record<ModelStage, ReturnType<typeof spreadOf>>> = {
    luminance: spreadOf(of("luminance")),
    embedder: spreadOf(of("embedding")),
    colorizer: spreadOf(of("chroma")),
    recombine: spreadOf(of("recombine")),
  };
  const row = { total: spreadOf(total), stages: stages as NonNullable<UnplacedModel["stages"]> };
  return { row, milliseconds: row.total!.median };
}
