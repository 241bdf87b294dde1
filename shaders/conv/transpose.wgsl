// Transposed convolution of NHWC images, gathered: every output pixel sums the windows that reach it.
//   dst[n, y, x, o] = activate(bias[o] + sum over ky, kx, i of src[n, iy, ix, i] * weights[ky, kx, o, i])
//     with iy*STRIDE_Y = y + PAD_TOP - ky*DILATION_Y, ix*STRIDE_X = x + PAD_LEFT - kx*DILATION_X, both in the image
// One invocation writes four output channels of one pixel.
alias elem = f32;               // defaults; set by src/kernels/conv-transpose2d.ts
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const IN_C: u32 = 4u;           // all input channels
const GROUP_IN_C: u32 = 4u;     // input channels of one group
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const OUT_C: u32 = 4u;          // all output channels
const GROUP_OUT_C: u32 = 4u;    // output channels of one group
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 4)
const BLOCKS: u32 = 1u;         // groups * GROUP_BLOCKS
const PIXELS: u32 = 1u;         // batch * OUT_H * OUT_W
const KERNEL_H: u32 = 1u;
const KERNEL_W: u32 = 1u;
const STRIDE_Y: i32 = 1;
const STRIDE_X: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const DILATION_Y: i32 = 1;
const DILATION_X: i32 = 1;

#if VECTOR_IN
const STEP: u32 = 4u;           // with GROUP_IN_C a multiple of 4, input channels are read as vectors
alias item = vec4<elem>;
#else
const STEP: u32 = 1u;
alias item = elem;
#endif
@group(0) @binding(0) var<storage, read> src: array<item>;        // [batch, IN_H, IN_W, IN_C]
@group(0) @binding(1) var<storage, read> weights: array<item>;    // [KERNEL_H, KERNEL_W, GROUP_OUT_C, IN_C]
@group(0) @binding(2) var<storage, read> bias: array<elem>;       // [OUT_C]
@group(0) @binding(3) var<storage, read_write> dst: array<elem>;  // [batch, OUT_H, OUT_W, OUT_C]

fn product(a: item, b: item) -> f32 {
#if VECTOR_IN
  return dot(vec4<f32>(a), vec4<f32>(b));
#else
  return f32(a) * f32(b);
#endif
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local, 64u);
  if (index >= PIXELS * BLOCKS) { return; }
  let pixel = index / BLOCKS;
  let block = index % BLOCKS;
  let group = block / GROUP_BLOCKS;
  let first = (block % GROUP_BLOCKS) * 4u;   // within the group
  let last = GROUP_OUT_C - 1u;
  let image = i32(pixel / (OUT_W * OUT_H)) * IN_H * IN_W;
  let bottom = i32((pixel / OUT_W) % OUT_H) + PAD_TOP;
  let right = i32(pixel % OUT_W) + PAD_LEFT;
  var sum = vec4<f32>();
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    let y = bottom - i32(ky) * DILATION_Y;
    if (y < 0 || y % STRIDE_Y != 0 || y / STRIDE_Y >= IN_H) { continue; }
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let x = right - i32(kx) * DILATION_X;
      if (x < 0 || x % STRIDE_X != 0 || x / STRIDE_X >= IN_W) { continue; }
      let base = (u32(image + y / STRIDE_Y * IN_W + x / STRIDE_X) * IN_C + group * GROUP_IN_C) / STEP;
      let tap = (ky * KERNEL_W + kx) * GROUP_OUT_C;
      let row = (min(first + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) + tap) * IN_C + group * GROUP_IN_C;
      let w = row / STEP;
      for (var i = 0u; i < GROUP_IN_C / STEP; i++) {
        let a = src[base + i];
        sum += vec4<f32>(
          product(a, weights[w.x + i]), product(a, weights[w.y + i]),
          product(a, weights[w.z + i]), product(a, weights[w.w + i]));
      }
    }
  }
  let channel = group * GROUP_OUT_C + first;
  let count = min(4u, GROUP_OUT_C - first);
  for (var j = 0u; j < count; j++) {
    sum[j] += f32(bias[channel + j]);
  }
  sum = activate(sum);
  for (var j = 0u; j < count; j++) {
    dst[pixel * OUT_C + channel + j] = elem(sum[j]);
  }
}
