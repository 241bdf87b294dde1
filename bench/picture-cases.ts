/** The picture kernels on a photograph of 12 megapixels, where memory is the bottleneck. */
import type { PipelineCache } from "../src/gpu/pipelines";
import type { Kernel, KernelPlan } from "../src/kernels/kernel";
import { luminanceColumns } from "../src/kernels/picture/luminance-columns";
import { luminanceRows } from "../src/kernels/picture/luminance-rows";
import { recombine } from "../src/kernels/picture/recombine";
import { readyDispatch } from "./dispatch";
import type { KernelCase, ReadyCase } from "./kernel-cases";
import { photograph } from "./photograph";

const WIDTH = 4032;
const HEIGHT = 3024;
const PICTURE = { width: WIDTH, height: HEIGHT };
const TILE = { x: 0, y: 0, ...PICTURE };
/** The working size, and the samples of chroma. */
const OUT = { width: 256, height: 192 };

interface PictureCase<P> {
  readonly kernel: Kernel<P>;
  readonly params: P;
  /** Bytes of the bindings that are buffers. */
  readonly bytes: Readonly<Record<string, number>>;
}

const rows = 4 * OUT.width * HEIGHT;
const plane = 4 * OUT.width * OUT.height;

/** Cases by the kernels' names. */
export function pictureCases(): readonly KernelCase[] {
  return [
    caseOf({
      kernel: luminanceRows,
      params: { picture: PICTURE, tile: TILE, outWidth: OUT.width },
      bytes: { dst: rows },
    }),
    caseOf({
      kernel: luminanceColumns,
      params: { picture: PICTURE, tile: TILE, out: OUT, accumulate: false },
      bytes: { src: rows, dst: plane },
    }),
    caseOf({
      kernel: recombine,
      params: { picture: PICTURE, tile: TILE, valid: OUT },
      bytes: { model: 8 * plane, dst: 4 * WIDTH * HEIGHT },
    }),
  ];
}

function caseOf<P>({ kernel, params, bytes }: PictureCase<P>): KernelCase {
  const name = `${kernel.name} at ${WIDTH}x${HEIGHT}`;
  return {
    name,
    ready: (device, pipelines) => ready(device, pipelines, kernel as Kernel<never>, kernel.plan(params), bytes),
  };
}

async function ready(
  device: GPUDevice,
  pipelines: PipelineCache,
  kernel: Kernel<never>,
  plan: KernelPlan,
  bytes: Readonly<Record<string, number>>,
): Promise<ReadyCase> {
  const most = device.limits.maxTextureDimension2D;
  if (most < WIDTH) throw new Error(`this adapter has no textures of ${WIDTH} pixels: at most ${most}`);
  const owned: { destroy(): void }[] = [];
  const own = <T extends { destroy(): void }>(made: T): T => (owned.push(made), made);
  const resources: Record<string, GPUBindingResource> = {};
  for (const [name, access] of Object.entries(kernel.bindings))
    resources[name] =
      access === "texture" ? own(pictureTexture(device)).createView() : { buffer: own(storage(device, bytes[name]!)) };
  const { encode, destroy } = await readyDispatch(device, pipelines, kernel, plan, resources);
  owned.push({ destroy });
  return {
    kernels: [kernel.name],
    flops: plan.flops,
    bytes: plan.bytes,
    encode,
    destroy: () => owned.forEach((one) => one.destroy()),
  };
}

/** Zeros: no picture kernel is faster for them. */
const storage = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });

function pictureTexture(device: GPUDevice): GPUTexture {
  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const texture = device.createTexture({ size: [WIDTH, HEIGHT], format: "rgba8unorm", usage });
  const { data } = photograph(1, [WIDTH, HEIGHT]);
  device.queue.writeTexture({ texture }, data as Uint8ClampedArray<ArrayBuffer>, { bytesPerRow: 4 * WIDTH }, [
    WIDTH,
    HEIGHT,
  ]);
  return texture;
}
