/** Runs the colour kernels on a picture of any size, before and after the networks. */
import { CommandScope } from "../gpu/command-scope";
import { DeviceError } from "../base/errors";
import type { PipelineCache } from "../gpu/pipelines";
import { encodeKernel, SIZES } from "../gpu/pipelines";
import { runtimeBytes } from "../kernels/assemble";
import { elemBytes, type Elem } from "../kernels/kernel";
import { guidedChroma } from "../kernels/picture/guided-chroma";
import { luminanceColumns } from "../kernels/picture/luminance-columns";
import { luminanceInput, type LuminanceInputParams } from "../kernels/picture/luminance-input";
import { luminanceRows } from "../kernels/picture/luminance-rows";
import { recombine } from "../kernels/picture/recombine";
import type { Size, Tile } from "../base/size";
import { validSamples, type Chroma } from "./chroma";
import { chromaSteps, CONVERTED_BYTES } from "./chroma-steps";
import { dispatch, type Dispatch } from "./dispatch";
import { tilesOf, TILE_PIXELS } from "./layout";
import { withScratch, type Scratch } from "./scratch";
import type { PixelSource } from "./source";

/** A network input to fill. */
export interface LuminanceTarget extends LuminanceInputParams {
  /** [1, channels, padded.height, padded.width] of `elem`. */
  readonly buffer: GPUBuffer;
}

/** How predicted chroma is shown: chroma c becomes saturation * c * c^2 / (c^2 + knee^2), and warmth times that is added to b*. */
export interface Shown {
  readonly saturation: number;
  /** In units of a*b*; 0: the saturation is the same for all colours. */
  readonly knee: number;
  /** Default 0. */
  readonly warmth?: number;
}

/** minUniformBufferOffsetAlignment by default. */
const UNIFORM_STRIDE = 256;

export class PictureStages {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #tilePixels: number;

  /** `tilePixels`: the most pixels of a picture that are on the GPU at a time. */
  constructor(device: GPUDevice, pipelines: PipelineCache, tilePixels = TILE_PIXELS) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#tilePixels = tilePixels;
  }

  #tiles(picture: Size): Tile[] {
    return tilesOf(picture, this.#device.limits.maxTextureDimension2D, this.#tilePixels);
  }

  /** Peak of GPU memory, in bytes, of luminance() and recombine(), without the networks' buffers and hints. */
  peakBytes(
    picture: Size,
    targets: readonly Pick<LuminanceTarget, "size">[],
    map: Size,
    { channels, elem }: { readonly channels: number; readonly elem: Elem },
  ): number {
    const { width, height } = this.#tiles(picture)[0]!;
    const tile = 4 * width * height;
    const samples = map.width * map.height;
    const resampled = targets.reduce((sum, { size }) => sum + 4 * size.width * (height + size.height), 0);
    // The network's output, buffers for a* and b* where the output is another kind, L*, and the model of chroma.
    const chroma = samples * (channels * elemBytes(elem) + (channels === 2 ? 0 : CONVERTED_BYTES) + 4 + 32);
    return Math.max(tile + resampled + 8 * samples, 3 * tile + chroma);
  }

  /**
   * Fills the networks' inputs with the picture's luminance, antialiased to each target's size. Returns L* for the network's
   * output, see Chroma.
   */
  async luminance(
    source: PixelSource,
    targets: readonly LuminanceTarget[],
    { size, padded, map }: Pick<Chroma, "size" | "padded" | "map">,
  ): Promise<Chroma["luminance"]> {
    const tiles = this.#tiles(source);
    const { width, height } = tiles[0]!;
    const nameOf = (out: Size): string => `${out.width}x${out.height}`;
    const sizes = new Map([size, ...targets.map((target) => target.size)].map((out) => [nameOf(out), out]));
    const scope = new CommandScope(this.#device, { where: "luminance" });
    return withScratch(this.#device, async (scratch) => {
      const bytes = 4 * map.width * map.height;
      const { texture, planes, lightness, staging, uniforms } = await scratch.allocate("luminance", () => ({
        texture: scratch.pictureTexture("picture", width, height),
        planes: new Map(
          [...sizes].map(([name, out]) => [
            name,
            {
              out,
              rows: { buffer: scratch.buffer("rows of L*", 4 * out.width * height, GPUBufferUsage.STORAGE) },
              plane: { buffer: scratch.buffer("L*", 4 * out.width * out.height, GPUBufferUsage.STORAGE) },
            },
          ]),
        ),
        lightness: scratch.buffer("L* of the map", bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC),
        staging: scratch.buffer("L* of the map", bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
        uniforms: this.#uniforms(scratch, 3 * (targets.length + 1)),
      }));
      const reduction = padded.width / map.width;
      const plain = { channels: 1, value: "lightness", scale: 1, offset: 0, elem: "f32" } as const;
      const guide: LuminanceTarget = { ...plain, size, padded, reduction, buffer: lightness };
      const inputs = [...targets, guide].map((target) => {
        const src = planes.get(nameOf(target.size))!.plane;
        return dispatch(luminanceInput, target, { src, dst: { buffer: target.buffer } });
      });
      for (const [i, tile] of tiles.entries()) {
        scope.run(() => source.upload(this.#device, texture, tile));
        const steps = [...planes.values()].flatMap(({ out, rows, plane }) => [
          dispatch(
            luminanceRows,
            { picture: source, tile, outWidth: out.width },
            { src: texture.createView(), dst: rows },
          ),
          dispatch(luminanceColumns, { picture: source, tile, out, accumulate: i > 0 }, { src: rows, dst: plane }),
        ]);
        if (i < tiles.length - 1) await this.#submit(scope, uniforms, steps);
        else
          await this.#submit(scope, uniforms, [...steps, ...inputs], (encoder) =>
            encoder.copyBufferToBuffer(lightness, 0, staging, 0, bytes),
          );
      }
      await Promise.all([staging.mapAsync(GPUMapMode.READ), scope.check()]);
      return new Float32Array(staging.getMappedRange(0, bytes).slice(0));
    });
  }

  /**
   * Combines the picture's luminance at full resolution with the network's chroma, enlarged along edges of the luminance.
   * Returns R, G, B, A bytes, [height, width, 4].
   */
  async recombine(
    source: PixelSource,
    chroma: Chroma,
    shown: Shown,
    signal?: AbortSignal,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const tiles = this.#tiles(source);
    const { width, height } = tiles[0]!;
    const { map } = chroma;
    const valid = validSamples(chroma);
    const covered = { width: Math.ceil(valid.width), height: Math.ceil(valid.height) };
    const scope = new CommandScope(this.#device, { where: "recombine" });
    return withScratch(this.#device, async (scratch) => {
      const bytes = 4 * width * height;
      const { texture, out, staging, steps, lightness, model, uniforms } = await scratch.allocate("recombine", () => ({
        texture: scratch.pictureTexture("picture", width, height),
        out: scratch.buffer("coloured tile", bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC),
        staging: scratch.buffer("coloured tile", bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
        steps: chromaSteps(scratch, chroma),
        lightness: scratch.buffer("L*", chroma.luminance.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST),
        model: scratch.buffer("model of chroma", 32 * covered.width * covered.height, GPUBufferUsage.STORAGE),
        uniforms: this.#uniforms(scratch, 4),
      }));
      scope.run(() => {
        for (const { buffer, data } of [...steps.filled, { buffer: lightness, data: chroma.luminance }])
          this.#device.queue.writeBuffer(buffer, 0, data);
      });
      const { ab, elem, chromaScale } = steps;
      const fitted = { ab: { buffer: ab }, lightness: { buffer: lightness }, dst: { buffer: model } };
      const fit = dispatch(guidedChroma, { map, covered, elem, chromaScale, ...shown }, fitted);
      const once = [...steps.dispatches, fit];
      const result = new Uint8ClampedArray(source.width * source.height * 4);
      for (const [i, tile] of tiles.entries()) {
        signal?.throwIfAborted();
        scope.run(() => source.upload(this.#device, texture, tile));
        const params = { picture: source, tile, valid };
        const resources = { src: texture.createView(), model: { buffer: model }, dst: { buffer: out } };
        const length = 4 * tile.width * tile.height;
        const combine = dispatch(recombine, params, resources);
        await this.#submit(scope, uniforms, i === 0 ? [...once, combine] : [combine], (encoder) =>
          encoder.copyBufferToBuffer(out, 0, staging, 0, length),
        );
        await Promise.all([staging.mapAsync(GPUMapMode.READ, 0, length), scope.check()]);
        const pixels = new Uint8Array(staging.getMappedRange(0, length));
        checkAlpha(source, tile, pixels);
        copyTile(pixels, tile, result, source.width);
        staging.unmap();
      }
      return result;
    });
  }

  #uniforms(scratch: Scratch, dispatches: number): GPUBuffer {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    return scratch.buffer("sizes", dispatches * UNIFORM_STRIDE, usage);
  }

  /** Records the dispatches in one pass and submits them; `after` may record more. */
  async #submit(
    scope: CommandScope,
    uniforms: GPUBuffer,
    steps: readonly Dispatch[],
    after?: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const device = this.#device;
    const compiled = await Promise.all(steps.map(({ kernel, plan }) => this.#pipelines.get(kernel, plan)));
    scope.run(() => {
      const encoder = device.createCommandEncoder({ label: "picture" });
      const pass = encoder.beginComputePass({ label: "picture" });
      steps.forEach((step, i) => {
        const sizes = runtimeBytes(step.kernel, step.plan)!;
        device.queue.writeBuffer(uniforms, i * UNIFORM_STRIDE, sizes);
        const range = { buffer: uniforms, offset: i * UNIFORM_STRIDE, size: sizes.length };
        encodeKernel(pass, device, compiled[i]!, step.kernel, step.plan, { ...step.resources, [SIZES]: range });
      });
      pass.end();
      after?.(encoder);
      scope.submit(encoder);
    });
  }
}

/** Throws DeviceError unless the coloured tile has the alpha of its source. This detects tiles of zeros and wrong tiles. */
function checkAlpha(source: PixelSource, tile: Tile, pixels: Uint8Array): void {
  if (source.hasAlpha(tile, pixels)) return;
  throw new DeviceError({
    where: "recombine",
    expected: "the transparency of the picture in the result",
    received: "another one",
    hint: "Update the graphics driver, or try another browser.",
  });
}

/** Copies a tile's rows into the picture. */
function copyTile(tile: Uint8Array, { x, y, width, height }: Tile, picture: Uint8ClampedArray, stride: number): void {
  if (width === stride) return picture.set(tile, y * stride * 4);
  for (let row = 0; row < height; row++)
    picture.set(tile.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * stride + x) * 4);
}
