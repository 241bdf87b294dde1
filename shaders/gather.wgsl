// Gathers entries of an axis by index (ONNX Gather).
//   dst[o, k, i] = src[o, index(k), i],   index(k) = (indices[3k] * BASE + indices[3k + 1]) * BASE + indices[3k + 2]
// One invocation writes one unit of dst.
#include "lib/linear.wgsl"
alias elem = f32;               // set by src/kernels/gather.ts
alias unit = f32;               // one element or four neighbours
const BASE: u32 = 2048u;        // digits of this size are exact in f16 too
const SIZE: u32 = 1u;           // size of src's axis
const PICKED: u32 = 1u;         // size of dst's axis
const INNER: u32 = 1u;          // units after the axis

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, SIZE, INNER]
@group(0) @binding(1) var<storage, read> indices: array<elem>;    // [PICKED, 3]
@group(0) @binding(2) var<storage, read_write> dst: array<unit>;  // [outer, PICKED, INNER]

fn run(index: u32) {
  let i = index % INNER;
  let k = (index / INNER) % PICKED;
  let o = index / INNER / PICKED;
  let picked = (u32(indices[3u * k]) * BASE + u32(indices[3u * k + 1u])) * BASE + u32(indices[3u * k + 2u]);
  dst[index] = src[(o * SIZE + picked) * INNER + i];
}
