// Normalisation along the middle of [outer, AXIS, INNER] (ONNX LayerNormalization, InstanceNormalization).
//   m = mean over k of src[o, k, i],   v = mean over k of (src[o, k, i] - m)^2
//   dst[o, k, i] = (src[o, k, i] - m) / sqrt(v + EPSILON) * scale + bias
// scale and bias are indexed by k (SCALE_ALONG_AXIS) or by i. PER_ROW invocations work on one row;
// see lib/rows.wgsl.
#include "lib/rows.wgsl"
alias unit = f32;               // one element or four neighbours; set by src/kernels/normalize.ts
const EPSILON: f32 = 0.00001;
const SCALE_ALONG_AXIS: bool = true;

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read> scale: array<unit>;      // [AXIS] or [INNER]
#if BIAS
@group(0) @binding(2) var<storage, read> bias: array<unit>;       // [AXIS] or [INNER]
#endif
@group(0) @binding(3) var<storage, read_write> dst: array<unit>;  // [outer, AXIS, INNER]

fn load_bias(at: u32) -> wide {
#if BIAS
  return wide(bias[at]);
#else
  return wide(0.0);
#endif
}

fn run_row(row: u32, first: u32, local: u32) {
  let start = row_start(row);   // no early return: barriers follow
  var total = wide(0.0);
  for (var k = first; k < AXIS; k += PER_ROW) {
    total += wide(src[start + k * INNER]);
  }
  let mean = group_sum(total, local) / f32(AXIS);
  var squares = wide(0.0);
  for (var k = first; k < AXIS; k += PER_ROW) {
    let difference = wide(src[start + k * INNER]) - mean;
    squares += difference * difference;
  }
  let factor = inverseSqrt(group_sum(squares, local) / f32(AXIS) + EPSILON);
  if (row >= ROWS) { return; }
  for (var k = first; k < AXIS; k += PER_ROW) {
    let at = select(row % INNER, k, SCALE_ALONG_AXIS);
    let value = (wide(src[start + k * INNER]) - mean) * factor;
    dst[start + k * INNER] = unit(value * wide(scale[at]) + load_bias(at));
  }
}
