/** Reads the network's output back and checks it. Results keep it, so that saturation can change without another run. */
import type { CommandScope } from "../gpu/command-scope";
import { DeviceError } from "../base/errors";
import { BITS, F16_HINT, wordsOf } from "../gpu/storage";
import { bufferBytes } from "../graph/lower/program";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { NetworkOutput } from "../weights/model/manifest";
import type { WorkingSize } from "./layout";
import { withScratch } from "./scratch";
import type { HintField } from "./spread-hints";

/** A network's output on the CPU, in the GPU's storage type. */
export interface Chroma {
  /** The kind of output; for cells, with the temperature to use. */
  readonly output: NetworkOutput;
  /** [1, channels, map.height, map.width] of `elem`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly elem: Elem;
  readonly size: Size;
  readonly padded: Size;
  /** Size of the network's output in samples; it covers the padded picture. */
  readonly map: Size;
  /** [map.height, map.width]: L* of the picture at each sample of the output. */
  readonly luminance: Float32Array;
  /** What the user's hints say of the output, where they are not inputs of the network. */
  readonly hints?: HintField;
}

/** How many samples of the output the picture covers without padding; not always whole. */
export function validSamples({ size, padded, map }: Pick<Chroma, "size" | "padded" | "map">): Size {
  return {
    width: (size.width * map.width) / padded.width,
    height: (size.height * map.height) / padded.height,
  };
}

/** Chroma and its embedding, where there is one, so that another working size need not compute the embedding again. */
export interface KeptChroma extends Chroma {
  readonly embedding?: Uint8Array<ArrayBuffer>;
}

/** Buffers of a submitted run of the colorizer. */
export interface Prediction {
  readonly output: NetworkOutput;
  /** [1, channels, map.height, map.width]. */
  readonly buffer: GPUBuffer;
  readonly map: Size;
  readonly embedding?: { readonly buffer: GPUBuffer; readonly bytes: number };
}

/** Channels of a network's output. */
export function outputChannels(output: NetworkOutput): number {
  if (output.kind === "cells") return output.cells.length;
  return output.kind === "rgb" ? 3 : 2;
}

/**
 * Reads the network's output and the embedding back. Submits the copies before it returns, so the buffers may be reused at
 * once. `scope` is the run's. Throws DeviceError when the output cannot be a picture's chroma, see checkOutput().
 */
export function readChroma(
  device: GPUDevice,
  { output, buffer, map, embedding }: Prediction,
  elem: Elem,
  picture: WorkingSize & Pick<Chroma, "luminance">,
  scope: CommandScope,
): Promise<KeptChroma> {
  const count = outputChannels(output) * map.width * map.height;
  const length = bufferBytes(count, elem);
  return withScratch(device, async (scratch) => {
    const staging = await scratch.allocate("chroma", () => {
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      const copy = scratch.buffer("chroma", length + (embedding?.bytes ?? 0), usage);
      const encoder = device.createCommandEncoder({ label: "chroma" });
      encoder.copyBufferToBuffer(buffer, 0, copy, 0, length);
      if (embedding) encoder.copyBufferToBuffer(embedding.buffer, 0, copy, length, embedding.bytes);
      scope.run(() => scope.submit(encoder));
      return copy;
    });
    await Promise.all([staging.mapAsync(GPUMapMode.READ), scope.check()]);
    const both = staging.getMappedRange();
    const bytes = new Uint8Array(both.slice(0, length));
    checkOutput(wordsOf(bytes.buffer, count, elem), elem, output);
    return {
      output,
      bytes,
      elem,
      ...picture,
      map,
      ...(embedding && { embedding: new Uint8Array(both.slice(length)) }),
    };
  });
}

/** The bits of 0.999. */
const EXTREME = { f32: 0x3f7fbe77, f16: 0x3bfe } as const;

/** The largest magnitude of a* and b* of a colour of sRGB: that of b* of blue. */
const MOST_CHROMA = 108;

/**
 * Throws DeviceError for outputs of a broken driver or an overflow: numbers that are not finite (see
 * shaders/lib/activation.wgsl), zeros everywhere, or a* or b* that is zero or at the limit of tanh everywhere.
 */
export function checkOutput(words: Uint16Array | Uint32Array, elem: Elem, output: NetworkOutput): void {
  const plane = words.length / 2;
  // Where 1 stands for less than that, the output is not a tanh, and all of a picture may lie beyond 1.
  const bounded = output.kind === "ab" && output.scale >= MOST_CHROMA;
  const received =
    output.kind === "ab"
      ? (problemOf(words.subarray(0, plane), "a*", elem, bounded) ??
        problemOf(words.subarray(plane), "b*", elem, bounded))
      : problemOf(words, output.kind === "rgb" ? "R, G, B" : "scores", elem, false);
  if (received === undefined) return;
  throw new DeviceError({
    where: "colorize",
    expected: "colour predicted by the network",
    received,
    hint:
      elem === "f16"
        ? F16_HINT
        : "A weight of the model may not be a number: run the model elsewhere. Else update the graphics driver, or try another browser.",
  });
}

function problemOf(
  words: Uint16Array | Uint32Array,
  channel: string,
  elem: Elem,
  bounded: boolean,
): string | undefined {
  const { magnitude, largest } = BITS[elem];
  let broken = 0;
  let zero = 0;
  let extremes = 0;
  for (const word of words) {
    const size = word & magnitude;
    if (size > largest) broken++;
    else if (size === 0) zero++;
    else if (size >= EXTREME[elem]) extremes++;
  }
  if (broken > 0) return `${broken} of ${words.length} values of ${channel} that are not finite`;
  if (zero === words.length) return `${channel} of zero everywhere`;
  if (bounded && extremes === words.length) return `the largest values of ${channel} everywhere`;
  return undefined;
}
