/** The steps from a network's output to the a* and b* that are shown: conversion from other kinds of output, and the user's hints. */
import type { Elem } from "../kernels/kernel";
import { cellsChroma } from "../kernels/picture/cells-chroma";
import { hintChroma } from "../kernels/picture/hint-chroma";
import { rgbChroma } from "../kernels/picture/rgb-chroma";
import type { Chroma } from "./chroma";
import { dispatch, type Dispatch } from "./dispatch";
import type { Scratch } from "./scratch";

/** Bytes for a* and b* of one sample, where the network's output is another kind. */
export const CONVERTED_BYTES = 8;

/** A buffer and what is written into it. */
interface Filled {
  readonly buffer: GPUBuffer;
  readonly data: Uint8Array | Float32Array;
}

export interface ChromaSteps {
  /** To be written before the dispatches. */
  readonly filled: readonly Filled[];
  readonly dispatches: readonly Dispatch[];
  /** [2, map.height, map.width] of `elem`, in units of `chromaScale`. */
  readonly ab: GPUBuffer;
  readonly elem: Elem;
  readonly chromaScale: number;
}

/** Creates the buffers; call it within scratch.allocate(). */
export function chromaSteps(scratch: Scratch, { output, bytes, elem, map, hints }: Chroma): ChromaSteps {
  const count = map.width * map.height;
  const filled: Filled[] = [];
  const dispatches: Dispatch[] = [];
  const fill = (label: string, data: Uint8Array | Float32Array): GPUBuffer => {
    const buffer = scratch.buffer(label, data.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    filled.push({ buffer, data });
    return buffer;
  };
  const converted = (label: string): GPUBuffer =>
    scratch.buffer(label, CONVERTED_BYTES * count, GPUBufferUsage.STORAGE);
  const network = fill("network output", bytes);
  let predicted: Pick<ChromaSteps, "ab" | "elem" | "chromaScale">;
  if (output.kind === "ab") predicted = { ab: network, elem, chromaScale: output.scale };
  else {
    const ab = converted("chroma");
    predicted = { ab, elem: "f32", chromaScale: 1 };
    const resources = { src: { buffer: network }, dst: { buffer: ab } };
    if (output.kind === "rgb") dispatches.push(dispatch(rgbChroma, { count, range: output.range, elem }, resources));
    else {
      const { cells, temperature } = output;
      const centres = { buffer: fill("cells", new Float32Array(cells.flat())) };
      const params = { cells: cells.length, count, temperature, elem };
      dispatches.push(dispatch(cellsChroma, params, { ...resources, cells: centres }));
    }
  }
  if (!hints) return { ...predicted, filled, dispatches };
  const ab = converted("chroma with hints");
  const { elem: type, chromaScale } = predicted;
  dispatches.push(
    dispatch(
      hintChroma,
      { count, chromaScale, elem: type },
      {
        src: { buffer: predicted.ab },
        share: { buffer: fill("share of the hints", hints.share) },
        hints: { buffer: fill("hints", hints.ab) },
        dst: { buffer: ab },
      },
    ),
  );
  return { filled, dispatches, ab, elem: "f32", chromaScale: 1 };
}
