// Pads a tensor (ONNX Pad).
//   dst[at] = src[at - BEFORE] inside src; outside VALUE, the mirrored element, the nearest one or src repeated
// One invocation writes one unit of dst.
#include "lib/linear.wgsl"
#include "lib/axes.wgsl"
alias elem = f32;               // set by src/kernels/pad.ts
alias unit = f32;               // one element, or four neighbours when the last axis is not padded
const SIZES: array<i32, 6> = array<i32, 6>(1, 1, 1, 1, 1, 1);     // of src
const BEFORE: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 0);
const STRIDES: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 1);   // of src
const MODE: u32 = 0u;           // 0 constant, 1 reflect, 2 edge, 3 wrap
const VALUE: f32 = 0.0;

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [SIZES]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [DIMS]

// The index on an axis of src for position `at` of dst, or -1 outside (mode constant).
fn source(at: u32, before: i32, size: i32) -> i32 {
  let index = i32(at) - before;
  switch MODE {
    case 1u: { return (size - 1) - abs((size - 1) - abs(index)); }
    case 2u: { return clamp(index, 0, size - 1); }
    case 3u: { return ((index % size) + size) % size; }
    default: { return select(-1, index, index >= 0 && index < size); }
  }
}

fn run(index: u32) {
  let at = coordinates_of(index);
  let i0 = source(at[0], BEFORE[0], SIZES[0]);
  let i1 = source(at[1], BEFORE[1], SIZES[1]);
  let i2 = source(at[2], BEFORE[2], SIZES[2]);
  let i3 = source(at[3], BEFORE[3], SIZES[3]);
  let i4 = source(at[4], BEFORE[4], SIZES[4]);
  let i5 = source(at[5], BEFORE[5], SIZES[5]);
  if (min(min(min(i0, i1), min(i2, i3)), min(i4, i5)) < 0) {
    dst[index] = unit(elem(VALUE));
    return;
  }
  dst[index] = src[i0 * STRIDES[0] + i1 * STRIDES[1] + i2 * STRIDES[2] + i3 * STRIDES[3] + i4 * STRIDES[4] + i5 * STRIDES[5]];
}
