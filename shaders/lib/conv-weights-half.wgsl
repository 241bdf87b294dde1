// In place of conv-weights.wgsl: weights of 16 bits, which need no shader-f16. A word holds two, the first in its low half.
struct Weights {
  u0: factor4, v0: factor4,
  u1: factor4, v1: factor4,
  u2: factor4, v2: factor4,
  u3: factor4, v3: factor4,
}

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

fn scaled(sum: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return sum;
}

fn largest(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, block: u32, half: u32) -> vec4<f32> {
  return max(max(a, b), max(c, d));
}
