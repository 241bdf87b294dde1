// How convolutions read weights packed as [BLOCKS, TAPS, GROUP_IN_C4][4 input channels x 8 output channels], and what
// is left to do with the sums. The shader declares elem, BLOCKS, TAPS and GROUP_IN_C4; factor4 is in conv-mac.wgsl.

// Of input channel i of a step: u[i] for output channels 0 to 3 of the block, v[i] for 4 to 7.
struct Weights {
  u0: factor4, v0: factor4,
  u1: factor4, v1: factor4,
  u2: factor4, v2: factor4,
  u3: factor4, v3: factor4,
}

#if INT8
// A word holds four integers of 8 bits, the lowest first. Behind all of them are 8 scales for every block.
@group(0) @binding(1) var<storage, read> weights: array<array<vec4<u32>, 2>>;

// The integers times 2^24, which the scales undo: each is moved to the top of its word.
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

// Of output channels 0 to 3 (half 0) or 4 to 7 (half 1) of a block.
fn scales(block: u32, half: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(weights[BLOCKS * TAPS * GROUP_IN_C4 + block][half]);
}

fn scaled(sum: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return sum * scales(block, half);
}

// The sum that is largest once it is scaled.
fn largest(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return select(min(min(a, b), min(c, d)), max(max(a, b), max(c, d)), scales(block, half) >= vec4<f32>());
}
#else
// Constant inner indices need no bounds check.
@group(0) @binding(1) var<storage, read> weights: array<array<vec4<elem>, 8>>;

fn load_weights(step: u32) -> Weights {
  return Weights(
    factor4(weights[step][0]), factor4(weights[step][1]), factor4(weights[step][2]), factor4(weights[step][3]),
    factor4(weights[step][4]), factor4(weights[step][5]), factor4(weights[step][6]), factor4(weights[step][7]));
}

fn scaled(sum: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return sum;
}

fn largest(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return max(max(a, b), max(c, d));
}
#endif
