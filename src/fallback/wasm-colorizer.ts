/** Colours photographs without a GPU: onnxruntime-web runs the networks, and the rest is computed as the engine's colour kernels do. */
import { InputError } from "../base/errors";
import { Pacer } from "../base/pacer";
import { Turns } from "../base/turns";
import { hintField } from "../colorizer/hint-field";
import { checkHints, hintPlanes, takesHints, type CheckedHint } from "../colorizer/hints";
import { lookOf, outputOf, shownOf, type Look } from "../colorizer/look";
import { likelyColors } from "../colorizer/likely-colors";
import { askedSizeOf, isPicture, pictureShape } from "../colorizer/network-inputs";
import type { ColorizeOptions, ColorizerProfile } from "../colorizer/options";
import { ColorizeResult, type Likely } from "../colorizer/result";
import { StageClock } from "../colorizer/stage-clock";
import type { Activations } from "../gpu/activations";
import { callOut } from "../gpu/explain";
import { tilesOf, type WorkingSize } from "../image/layout";
import { validSamples } from "../image/chroma";
import { openSource, type ColorizeSource, type PixelSource } from "../image/source";
import type { Size, Tile } from "../base/size";
import type { Manifest, NetworkInput, PictureInput } from "../weights/model/manifest";
import { chromaOf, guidedModel, recombineTile } from "./chroma";
import { lightnessOf, networkInput, Resampler, type Pixels } from "./lightness";
import { WasmNetworks, type PredictedMap, type Values, type WasmOptions } from "./wasm-networks";

/** The most pixels that are computed between two pauses. */
const BAND = 2 ** 17;

/** As Predicted of colorizer/predict.ts, with what another prediction of the picture needs. */
interface Coloured extends PredictedMap {
  readonly source: PixelSource;
  readonly working: WorkingSize;
  /** [map.height, map.width]: L* at each sample. */
  readonly lightness: Float32Array;
  readonly embedding: Values | undefined;
  readonly hints: readonly CheckedHint[];
  readonly look: Look;
}

export class WasmColorizer {
  /** All networks are loaded when load() resolves. */
  readonly complete = Promise.resolve();
  readonly elem = "f32";
  readonly adapter: string;
  readonly #networks: WasmNetworks;
  /** One picture is computed at a time. */
  readonly #turns = new Turns();
  #disposed = false;

  private constructor(networks: WasmNetworks) {
    this.#networks = networks;
    this.adapter = `onnxruntime-web ${networks.version} (WebAssembly)`;
  }

  /** As Colorizer.load(), without a device. Throws DownloadError where onnxruntime-web is not in its folder. */
  static async load(options: WasmOptions): Promise<WasmColorizer> {
    return new WasmColorizer(await WasmNetworks.load(options));
  }

  get manifest(): Manifest {
    return this.#networks.manifest;
  }

  /** As Colorizer.colorize(), without a first picture: onEarly is not called. */
  async colorize(source: ColorizeSource, options: ColorizeOptions = {}): Promise<ColorizeResult> {
    const look = lookOf(options, this.manifest);
    const hints = checkHints(options.hints ?? []);
    return this.#turns.run(async () => {
      this.#check(options.signal);
      const clock = new StageClock(options.signal, (stage) => callOut(options.onStage, stage));
      const pixels = await openSource(source);
      try {
        const working = askedSizeOf(this.manifest, pixels, options.size);
        return await this.#recombine(await this.#predict({ source: pixels, working, hints, look }, clock), clock);
      } catch (error) {
        pixels.close();
        throw error;
      }
    });
  }

  async #predict(
    asked: Pick<Coloured, "source" | "working" | "hints" | "look"> & { readonly embedding?: Values | undefined },
    clock: StageClock,
  ): Promise<Coloured> {
    const { source, working, hints } = asked;
    const { embedder, colorizer } = this.manifest;
    clock.next("luminance");
    const picture = new Resampler(source, working.size);
    const square = embedder && { width: embedder.size, height: embedder.size };
    const small = square && !asked.embedding ? new Resampler(source, square) : undefined;
    for await (const tile of bands(source, clock.signal)) {
      const lightness = lightnessOf(tile);
      picture.add(tile.y, lightness, tile);
      small?.add(tile.y, lightness, tile);
    }
    clock.next("embedding");
    const embedding = small
      ? await this.#networks.embed(pictureValues(embedder!.input, small, square!).data)
      : asked.embedding;
    clock.next("chroma");
    const planes = hintPlanes(hints, source, working);
    const valuesOf = (input: NetworkInput): Values => {
      if (input.kind === "embedding") return embedding!;
      if (isPicture(input)) return pictureValues(input, picture, working.padded);
      const shape = pictureShape(input, working.padded);
      if (input.kind === "hintMask") return { data: planes.mask, shape };
      if (input.kind === "hintChroma") return { data: planes.ab.map((value) => value / input.scale), shape };
      const { width, height } = working.padded;
      return { data: new Float32Array(input.channels * width * height).fill(input.value), shape };
    };
    const inputs = Object.fromEntries(colorizer.inputs.map((input) => [input.name, valuesOf(input)]));
    const predicted = await this.#networks.predict(inputs, working.padded);
    const reduction = working.padded.width / predicted.map.width;
    const lightness = networkInput(picture, { padded: working.padded, reduction });
    return { ...asked, ...predicted, embedding, lightness };
  }

  async #recombine(coloured: Coloured, clock: StageClock): Promise<ColorizeResult> {
    const { source, map, working, look, values, lightness } = coloured;
    clock.next("recombine");
    const output = outputOf(look, this.manifest.colorizer.output);
    const shown = shownOf(look, this.manifest);
    const { size, padded } = working;
    const ab = chromaOf(output, values, map.width * map.height);
    const field = hintField(coloured.hints, source, { luminance: lightness, map, size, padded }, this.manifest);
    if (field) ab.forEach((value, i) => (ab[i] = (1 - field.share[i % field.share.length]!) * value + field.ab[i]!));
    const samples = { ab, lightness, map, valid: validSamples({ size, padded, map }) };
    const model = guidedModel(samples, shown);
    const { width, height } = source;
    const data = new Uint8ClampedArray(4 * width * height);
    for await (const tile of bands(source, clock.signal)) {
      const from = 4 * tile.y * width;
      recombineTile(tile, source, samples, model, data.subarray(from, from + 4 * tile.width * tile.height));
    }
    const { saturation, warmth } = look;
    const notes = [`computed by ${this.adapter}, not on the GPU`];
    const facts = { width, height, data, workingSize: size, saturation, warmth, notes, timings: clock.end() };
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const kept = { output, bytes, elem: this.elem, map, size, padded, luminance: lightness } as const;
    const likely: Likely = async (place) => likelyColors(kept, source, place);
    return new ColorizeResult(facts, likely, async (change, signal) => {
      const hints = change.hints ? checkHints(change.hints) : coloured.hints;
      const other = { ...coloured, hints, look: lookOf({ ...look, ...change }, this.manifest) };
      return this.#turns.run(async () => {
        this.#check(signal);
        const again = new StageClock(signal);
        if (change.size === undefined && !(change.hints && takesHints(this.manifest)))
          return this.#recombine(other, again);
        const resized =
          change.size === undefined ? other : { ...other, working: askedSizeOf(this.manifest, source, change.size) };
        return this.#recombine(await this.#predict(resized, again), again);
      });
    });
  }

  /** Throws InputError: there are no kernels to measure. */
  async profile(): Promise<ColorizerProfile> {
    throw this.#noSteps("profile()");
  }

  /** Throws InputError: onnxruntime-web keeps what its layers compute to itself. */
  async activations(): Promise<Activations> {
    throw this.#noSteps("activations()");
  }

  #noSteps(where: string): InputError {
    return new InputError({ where, expected: "networks on the GPU", received: `those of ${this.adapter}` });
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#disposed)
      throw new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
  }

  /** Frees the networks once running work has ended. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    void this.#turns.run(() => this.#networks.dispose());
  }
}

/** The values of an input that is computed from the photograph. */
function pictureValues(input: PictureInput, plane: Resampler, padded: Size): Values {
  const shape = pictureShape(input, padded);
  const { channels } = input;
  if (input.kind === "lightness") {
    const { scale, offset } = input;
    return { data: networkInput(plane, { padded, channels, scale, offset }), shape };
  }
  const [black, white] = input.range;
  return { data: networkInput(plane, { padded, channels, value: "grey", scale: white - black, offset: black }), shape };
}

/** The picture's pixels in bands from the upper to the lower, with pauses between them, which throw the signal's reason when aborted. */
async function* bands(source: PixelSource, signal: AbortSignal | undefined): AsyncGenerator<Tile & Pixels> {
  const pacer = new Pacer(signal);
  for (const tile of tilesOf(source, Math.max(source.width, source.height), Math.max(BAND, source.width))) {
    yield { ...tile, data: source.read(tile) };
    await pacer.pause();
  }
}
