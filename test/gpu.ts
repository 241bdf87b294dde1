/** What GPU tests share: one device per test file, and running one kernel on plain arrays. */
import { assemble, runtimeBinding, runtimeBytes } from "../src/kernels/assemble";
import type { Elem, Kernel, KernelPlan } from "../src/kernels/kernel";
import { requestNodeDevice, type NodeDeviceOptions } from "../src/node/device";

const devices = new Map<string, Promise<GPUDevice>>();

/** A device shared within a test file. COLORIZE_ADAPTER chooses the driver, as for users. */
export function testDevice(options: NodeDeviceOptions = {}): Promise<GPUDevice> {
  const key = JSON.stringify(options);
  let device = devices.get(key);
  if (!device) devices.set(key, (device = requestNodeDevice(options)));
  return device;
}

const GUARD_WORDS = 64;
const GUARD = 0x7f4a7c15;

/** Numbers of an f16 buffer <-> Float32Array. */
export function toHalf(value: number): number {
  const f = new Float32Array([value]);
  const bits = new Uint32Array(f.buffer)[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const abs = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (abs >= 65520) return sign | 0x7c00;
  if (abs < 2 ** -24 / 2) return sign;
  const exponent = Math.max(Math.floor(Math.log2(abs)), -14);
  const step = 2 ** (exponent - 10);
  let steps = abs / step;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  steps = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (exponent === -14 && steps < 1024 ? steps : (exponent + 15) * 1024 + (steps - 1024));
}

export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function encodeElems(values: ArrayLike<number>, elem: Elem): Uint8Array {
  if (elem === "f32") return new Uint8Array(Float32Array.from(values).buffer);
  return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
}

export function decodeElems(bytes: ArrayBuffer, count: number, elem: Elem): Float32Array {
  if (elem === "f32") return new Float32Array(bytes.slice(0, count * 4));
  return Float32Array.from(new Uint16Array(bytes.slice(0, count * 2)), fromHalf);
}

/** For "texture" bindings: rgba8unorm pixels. */
interface TexturePixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

interface RunInputs {
  /** For "read" bindings: elements, stored as `elem`. */
  readonly [binding: string]: ArrayLike<number> | TexturePixels;
}

function uploadTexture(device: GPUDevice, { width, height, data }: TexturePixels): GPUTexture {
  const texture = device.createTexture({
    size: [width, height],
    format: "rgba8unorm",
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, data as Uint8Array<ArrayBuffer>, { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

/**
 * Runs one kernel. `outputs` gives the element count of each "write" binding. Every output is followed
 * by guard words; touching one fails the test. Outputs start as NaN-like garbage, so unwritten elements show.
 * `elems` overrides `elem` for single bindings; a u32 output is read as f32 and reinterpreted by the caller.
 */
export async function runKernel(
  device: GPUDevice,
  kernel: Kernel<never>,
  plan: KernelPlan,
  elem: Elem,
  inputs: RunInputs,
  outputs: Readonly<Record<string, number>>,
  elems: Readonly<Record<string, Elem>> = {},
): Promise<Record<string, Float32Array>> {
  const code = assemble(kernel, plan);
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code, label: kernel.name });
  const pipeline = await device
    .createComputePipelineAsync({ layout: "auto", compute: { module } })
    .catch(async (error: unknown) => {
      const info = await module.getCompilationInfo();
      const messages = info.messages.map((m) => `${m.lineNum}:${m.linePos} ${m.message}`).join("\n");
      throw new Error(`${kernel.name} does not compile: ${String(error)}\n${messages}\n${code}`);
    });
  const entries: GPUBindGroupEntry[] = [];
  const owned: (GPUBuffer | GPUTexture)[] = [];
  const results: Record<string, { buffer: GPUBuffer; bytes: number; count: number }> = {};
  Object.entries(kernel.bindings).forEach(([name, access], binding) => {
    if (plan.unbound?.includes(name)) return;
    if (access === "write") {
      const count = outputs[name];
      if (count === undefined) throw new Error(`no size for output ${name}`);
      const bytes = Math.ceil((count * ((elems[name] ?? elem) === "f16" ? 2 : 4)) / 16) * 16;
      const size = bytes + GUARD_WORDS * 4;
      const buffer = device.createBuffer({
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, new Uint32Array(size / 4).fill(GUARD));
      owned.push(buffer);
      results[name] = { buffer, bytes, count };
      entries.push({ binding, resource: { buffer, size: bytes } });
      return;
    }
    const values = inputs[name];
    if (values === undefined) throw new Error(`no data for binding ${name}`);
    if (access === "texture") {
      const texture = uploadTexture(device, values as TexturePixels);
      owned.push(texture);
      entries.push({ binding, resource: texture.createView() });
      return;
    }
    const data = encodeElems(values as ArrayLike<number>, elems[name] ?? elem);
    const size = Math.max(16, Math.ceil(data.byteLength / 16) * 16);
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    const padded = new Uint8Array(size);
    padded.set(data);
    device.queue.writeBuffer(buffer, 0, padded);
    owned.push(buffer);
    entries.push({ binding, resource: { buffer } });
  });
  const sizes = runtimeBytes(kernel, plan);
  if (sizes) {
    const buffer = device.createBuffer({ size: sizes.length, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, sizes);
    owned.push(buffer);
    entries.push({ binding: runtimeBinding(kernel), resource: { buffer } });
  }
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...plan.grid);
  pass.end();
  const staged = Object.entries(results).map(([name, { buffer, bytes, count }]) => {
    const staging = device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    return { name, staging, bytes, count };
  });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(`${kernel.name}: ${error.message}\n${code}`);
  const out: Record<string, Float32Array> = {};
  for (const { name, staging, bytes, count } of staged) {
    await staging.mapAsync(GPUMapMode.READ);
    const raw = staging.getMappedRange().slice(0);
    staging.destroy();
    const guard = new Uint32Array(raw, bytes);
    if (guard.some((word) => word !== GUARD)) throw new Error(`${kernel.name} wrote past the end of ${name}`);
    out[name] = decodeElems(raw, count, elems[name] ?? elem);
  }
  for (const buffer of owned) buffer.destroy();
  return out;
}

/** All bytes of a buffer that has COPY_SRC. */
export async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: buffer.size, usage });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}

/** Writes elements into a buffer, padded to the four bytes that WebGPU asks for. */
export function writeElems(device: GPUDevice, buffer: GPUBuffer, values: ArrayLike<number>, elem: Elem): void {
  const encoded = encodeElems(values, elem);
  const padded = new Uint8Array(Math.ceil(encoded.length / 4) * 4);
  padded.set(encoded);
  device.queue.writeBuffer(buffer, 0, padded);
}
