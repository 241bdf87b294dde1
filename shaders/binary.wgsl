// Elementwise function of two tensors, with broadcasting by strides.
//   dst[at] = activate(FUNCTION(a[at . A_STRIDES], b[at . B_STRIDES]))   for every at in DIMS
// One invocation writes one unit of dst: four neighbours with VECTOR, else one element.
#include "lib/linear.wgsl"
#include "lib/axes.wgsl"
#include "lib/activation.wgsl"
alias a_unit = f32;             // element type of an array, and the same in f32; set by src/kernels/binary.ts
alias a_wide = f32;
alias b_unit = f32;
alias b_wide = f32;
alias dst_unit = f32;
const A_STRIDES: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 1);
const B_STRIDES: array<i32, 6> = array<i32, 6>(0, 0, 0, 0, 0, 1);
const FUNCTION: u32 = 0u;       // index into BINARY_CODES

@group(0) @binding(0) var<storage, read> a: array<a_unit>;
@group(0) @binding(1) var<storage, read> b: array<b_unit>;
@group(0) @binding(2) var<storage, read_write> dst: array<dst_unit>;  // [DIMS]

// WGSL's pow is undefined for negative bases; ONNX Pow is defined for them when the exponent is an integer.
fn signed_pow(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  let magnitude = pow(abs(x), y);
  let odd = abs(y - 2.0 * floor(y * 0.5)) == vec4(1.0);
  let signed = select(magnitude, -magnitude, (x < vec4(0.0)) & odd);
  return select(signed, vec4(1.0), y == vec4(0.0));
}

fn combine(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  switch FUNCTION {
    case 1u: { return x - y; }
    case 2u: { return x * y; }
    case 3u: { return x / y; }
    case 4u: { return signed_pow(x, y); }
    case 5u: { return keep_nan(keep_nan(min(x, y), x), y); }
    case 6u: { return keep_nan(keep_nan(max(x, y), x), y); }
    case 7u: { return select(x, x * y, x < vec4(0.0)); }    // prelu
    case 8u: { return vec4<f32>(x < y); }
    case 9u: { return vec4<f32>(x <= y); }
    case 10u: { return vec4<f32>(x == y); }
    case 11u: { return select(vec4(0.0), x, y != vec4(0.0)); } // mask
    default: { return x + y; }
  }
}

fn run(index: u32) {
  let at = coordinates_of(index);
  let x = vec4<f32>(a_wide(a[offset_of(at, A_STRIDES)]));
  let y = vec4<f32>(b_wide(b[offset_of(at, B_STRIDES)]));
  let result = activate(combine(x, y));
#if VECTOR
  dst[index] = dst_unit(result);
#else
  dst[index] = dst_unit(result.x);
#endif
}
