// Copies one strided view of a tensor into another. Transpose, slice, expand, a part of concat, DepthToSpace and
// SpaceToDepth differ only in their strides.
//   dst[DST_OFFSET + sum(at * DST_STRIDES)] = src[SRC_OFFSET + sum(at * SRC_STRIDES)]   for every at in DIMS
// One invocation copies one unit.
#include "lib/linear.wgsl"
#include "lib/axes.wgsl"
alias unit = f32;               // one element, or four neighbours; set by src/kernels/strided-copy.ts
const SRC_OFFSET: i32 = 0;      // offsets and strides count units
const DST_OFFSET: i32 = 0;
const SRC_STRIDES: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 1);
const DST_STRIDES: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 1);

@group(0) @binding(0) var<storage, read> src: array<unit>;
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // elements outside the view are not written

fn run(index: u32) {
  let at = coordinates_of(index);
  dst[DST_OFFSET + offset_of(at, DST_STRIDES)] = src[SRC_OFFSET + offset_of(at, SRC_STRIDES)];
}
