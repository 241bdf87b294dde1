/** The colour kernels at work on a picture of any size: before the networks, and after them. */
import type { PipelineCache } from "../graph/pipelines";
import { encodeKernel, SIZES } from "../graph/pipelines";
import { runtimeBytes } from "../kernels/assemble";
import type { AnyKernel, Elem, Kernel, KernelPlan } from "../kernels/kernel";
import { luminanceColumns } from "../kernels/picture/luminance-columns";
import { luminanceInput } from "../kernels/picture/luminance-input";
import { luminanceRows } from "../kernels/picture/luminance-rows";
import { recombine } from "../kernels/picture/recombine";
import type { Size, Tile } from "../kernels/picture/tile";
import { tilesOf, TILE_PIXELS } from "./layout";
import { withScratch, type Scratch } from "./scratch";
import type { PixelSource } from "./source";

/** A network input to fill. */
export interface LuminanceTarget {
  readonly size: Size;
  readonly padded: Size;
  readonly channels: number;
  readonly scale: number;
  readonly offset: number;
  readonly elem: Elem;
  /** [1, channels, padded.height, padded.width] of `elem`. */
  readonly buffer: GPUBuffer;
}

/** A network's output on the CPU, as the GPU stored it. */
export interface Chroma {
  /** [1, 2, map.height, map.width] of `elem`, a* and b* divided by the manifest's chromaScale. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly elem: Elem;
  readonly size: Size;
  readonly padded: Size;
  /** Samples of the network's output; they cover the padded picture. */
  readonly map: Size;
}

/** minUniformBufferOffsetAlignment by default. */
const UNIFORM_STRIDE = 256;

interface Dispatch {
  readonly kernel: AnyKernel;
  readonly plan: KernelPlan;
  readonly resources: Readonly<Record<string, GPUBindingResource>>;
}

/** A dispatch of a kernel, with its parameters checked by the compiler. */
function dispatch<P>(kernel: Kernel<P>, params: P, resources: Dispatch["resources"]): Dispatch {
  return { kernel, plan: kernel.plan(params), resources };
}

export class PictureStages {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #tilePixels: number;

  /** `tilePixels` bounds the part of a picture that is on the GPU at a time. */
  constructor(device: GPUDevice, pipelines: PipelineCache, tilePixels = TILE_PIXELS) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#tilePixels = tilePixels;
  }

  #tiles(picture: Size): Tile[] {
    return tilesOf(picture, this.#device.limits.maxTextureDimension2D, this.#tilePixels);
  }

  /** Bytes of GPU memory that luminance() and recombine() need at most, besides the networks' buffers. */
  peakBytes(picture: Size, targets: readonly Pick<LuminanceTarget, "size">[], map: Size, elem: Elem): number {
    const { width, height } = this.#tiles(picture)[0]!;
    const tile = 4 * width * height;
    const resampled = targets.reduce((sum, { size }) => sum + 4 * size.width * (height + size.height), 0);
    const chroma = 2 * map.width * map.height * (elem === "f16" ? 2 : 4);
    return Math.max(tile + resampled, 3 * tile + chroma);
  }

  /** Fills the networks' inputs with the picture's luminance, antialiased to each target's size. */
  async luminance(source: PixelSource, targets: readonly LuminanceTarget[]): Promise<void> {
    const tiles = this.#tiles(source);
    const { width, height } = tiles[0]!;
    await withScratch(this.#device, async (scratch) => {
      const { texture, planes, uniforms } = await scratch.allocate("luminance", () => ({
        texture: scratch.pictureTexture("picture", width, height),
        planes: targets.map(({ size }) => ({
          rows: scratch.buffer("rows of L*", 4 * size.width * height, GPUBufferUsage.STORAGE),
          plane: scratch.buffer("L*", 4 * size.width * size.height, GPUBufferUsage.STORAGE),
        })),
        uniforms: this.#uniforms(scratch, 2 * targets.length),
      }));
      for (const [i, tile] of tiles.entries()) {
        source.upload(this.#device, texture, tile);
        const steps = targets.flatMap(({ size }, t) => {
          const rows = { buffer: planes[t]!.rows };
          const along = { picture: source, tile, outWidth: size.width };
          const down = { picture: source, tile, out: size, accumulate: i > 0 };
          return [
            dispatch(luminanceRows, along, { src: texture.createView(), dst: rows }),
            dispatch(luminanceColumns, down, {
              src: rows,
              dst: { buffer: planes[t]!.plane },
            }),
          ];
        });
        await this.#submit(uniforms, steps);
      }
      const inputs = targets.map((target, t) =>
        dispatch(luminanceInput, target, {
          src: { buffer: planes[t]!.plane },
          dst: { buffer: target.buffer },
        }),
      );
      await this.#submit(uniforms, inputs);
      await this.#device.queue.onSubmittedWorkDone();
    });
  }

  /**
   * The picture in colour: its own luminance at full resolution with the chroma of the network.
   * `chromaScale` is a*, b* per unit of the network's output, times saturation. Returns R, G, B, A bytes.
   */
  async recombine(
    source: PixelSource,
    chroma: Chroma,
    chromaScale: number,
    signal?: AbortSignal,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const tiles = this.#tiles(source);
    const { width, height } = tiles[0]!;
    const { size, padded, map, elem } = chroma;
    const valid = {
      width: (size.width * map.width) / padded.width,
      height: (size.height * map.height) / padded.height,
    };
    return withScratch(this.#device, async (scratch) => {
      const bytes = 4 * width * height;
      const { texture, out, staging, ab, uniforms } = await scratch.allocate("recombine", () => ({
        texture: scratch.pictureTexture("picture", width, height),
        out: scratch.buffer("coloured tile", bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC),
        staging: scratch.buffer("coloured tile", bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
        ab: scratch.buffer("chroma", chroma.bytes.length, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST),
        uniforms: this.#uniforms(scratch, 1),
      }));
      this.#device.queue.writeBuffer(ab, 0, chroma.bytes);
      const result = new Uint8ClampedArray(source.width * source.height * 4);
      for (const tile of tiles) {
        signal?.throwIfAborted();
        source.upload(this.#device, texture, tile);
        const params = { picture: source, tile, valid, map, chromaScale, elem };
        const resources = { src: texture.createView(), ab: { buffer: ab }, dst: { buffer: out } };
        const length = 4 * tile.width * tile.height;
        await this.#submit(uniforms, [dispatch(recombine, params, resources)], (encoder) =>
          encoder.copyBufferToBuffer(out, 0, staging, 0, length),
        );
        await staging.mapAsync(GPUMapMode.READ, 0, length);
        copyTile(new Uint8Array(staging.getMappedRange(0, length)), tile, result, source.width);
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
    uniforms: GPUBuffer,
    steps: readonly Dispatch[],
    after?: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const device = this.#device;
    const compiled = await Promise.all(steps.map(({ kernel, plan }) => this.#pipelines.get(kernel, plan)));
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
    device.queue.submit([encoder.finish()]);
  }
}

/** Copies a tile's rows into the picture. */
function copyTile(tile: Uint8Array, { x, y, width, height }: Tile, picture: Uint8ClampedArray, stride: number): void {
  if (width === stride) return picture.set(tile, y * stride * 4);
  for (let row = 0; row < height; row++)
    picture.set(tile.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * stride + x) * 4);
}
