// Reads weights packed as [BLOCKS, TAPS, GROUP_IN_C4][4 input channels x 8 output channels], and scales the sums where
// weights are integers.
#include "conv-epilogue.wgsl"
#include "conv-mac.wgsl"
const BLOCKS: u32 = 1u;         // groups * GROUP_BLOCKS
const TAPS: u32 = 1u;           // KERNEL_H * KERNEL_W
const GROUP_IN_C4: u32 = 1u;    // ceil(input channels of one group / 4)

// Weights of input channel i of a step: u[i] for output channels 0 to 3 of the block, v[i] for 4 to 7.
struct Weights {
  u0: factor4, v0: factor4,
  u1: factor4, v1: factor4,
  u2: factor4, v2: factor4,
  u3: factor4, v3: factor4,
}

#if INT8
// A word holds four 8-bit integers, the lowest first. After all integers come 8 scales for every block.
@group(0) @binding(1) var<storage, read> weights: array<array<vec4<u32>, 2>>;

// The integers times 2^24, because each is shifted to the top of its word; the scales include 2^-24.
fn unpack(word: u32) -> vec4<f32> {
  let moved = word * vec4<u32>(0x1000000u, 0x10000u, 0x100u, 1u);   // drivers' vector shifts are slower
  return vec4<f32>(bitcast<vec4<i32>>(moved & vec4<u32>(0xff000000u)));
}

fn load_weights(step: u32) -> Weights {
  let a = weights[step][0];
  let b = weights[step][1];
  return Weights(
    unpack(a.x), unpack(a.y), unpack(a.z), unpack(a.w), unpack(b.x), unpack(b.y), unpack(b.z), unpack(b.w));
}

// Scales of output channels 0 to 3 (quad 0) or 4 to 7 (quad 1) of a block.
fn scales(block: u32, quad: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(weights[BLOCKS * TAPS * GROUP_IN_C4 + block][quad]);
}

fn scaled(sum: vec4<f32>, block: u32, quad: u32) -> vec4<f32> {
  return sum * scales(block, quad);
}

// The sum that is largest once it is scaled.
fn largest(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, block: u32, quad: u32) -> vec4<f32> {
  return select(min(min(a, b), min(c, d)), max(max(a, b), max(c, d)), scales(block, quad) >= vec4<f32>());
}
#else
#if HALF_WEIGHTS
// A word holds two f16 numbers, the first in its low half. Needs no shader-f16.
@group(0) @binding(1) var<storage, read> weights: array<array<vec4<u32>, 4>>;

fn unpack(first: u32, second: u32) -> factor4 {
  return factor4(unpack2x16float(first), unpack2x16float(second));
}

fn load_weights(step: u32) -> Weights {
  let a = weights[step][0];
  let b = weights[step][1];
  let c = weights[step][2];
  let d = weights[step][3];
  return Weights(
    unpack(a.x, a.y), unpack(a.z, a.w), unpack(b.x, b.y), unpack(b.z, b.w),
    unpack(c.x, c.y), unpack(c.z, c.w), unpack(d.x, d.y), unpack(d.z, d.w));
}
#else
// Constant inner indices need no bounds check.
@group(0) @binding(1) var<storage, read> weights: array<array<vec4<elem>, 8>>;

fn load_weights(step: u32) -> Weights {
  return Weights(
    factor4(weights[step][0]), factor4(weights[step][1]), factor4(weights[step][2]), factor4(weights[step][3]),
    factor4(weights[step][4]), factor4(weights[step][5]), factor4(weights[step][6]), factor4(weights[step][7]));
}
#endif

fn scaled(sum: vec4<f32>, block: u32, quad: u32) -> vec4<f32> {
  return sum;
}

fn largest(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, block: u32, quad: u32) -> vec4<f32> {
  return max(max(a, b), max(c, d));
}
#endif
