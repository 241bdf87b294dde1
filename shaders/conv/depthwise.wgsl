// Depthwise convolution of NHWC images: each channel has its own window.
//   dst[n, y, x, c] = activate(bias[c] + residual[n, y, x, c]
//     + sum over ky, kx of src[n, y*STRIDE_Y + ky*DILATION_Y - PAD_TOP, x*STRIDE_X + kx*DILATION_X - PAD_LEFT, c]
//                        * weights[ky, kx, c])            with src = 0 outside the image
// One invocation writes four channels of one pixel.
alias elem = f32;               // defaults; set by src/kernels/depthwise-conv2d.ts
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const CHANNELS: u32 = 4u;
const CHANNELS4: u32 = 1u;      // ceil(CHANNELS / 4)
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const PIXELS: u32 = 1u;         // batch * OUT_H * OUT_W
const KERNEL_H: u32 = 1u;
const KERNEL_W: u32 = 1u;
const STRIDE_Y: i32 = 1;
const STRIDE_X: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const DILATION_Y: i32 = 1;
const DILATION_X: i32 = 1;

#if VECTOR
alias item = vec4<elem>;        // with CHANNELS a multiple of 4, all tensors are read as vectors
#else
alias item = elem;
#endif
@group(0) @binding(0) var<storage, read> src: array<item>;        // [batch, IN_H, IN_W, CHANNELS]
@group(0) @binding(1) var<storage, read> weights: array<item>;    // [KERNEL_H, KERNEL_W, CHANNELS]
@group(0) @binding(2) var<storage, read> bias: array<item>;       // [CHANNELS]
#if RESIDUAL
@group(0) @binding(3) var<storage, read> residual: array<item>;   // [batch, OUT_H, OUT_W, CHANNELS]
#endif
@group(0) @binding(4) var<storage, read_write> dst: array<item>;  // [batch, OUT_H, OUT_W, CHANNELS]

#if !VECTOR
// The four channels from 4*c on of a row; those that do not exist repeat the last.
fn channels(row: u32, c: u32) -> vec4<u32> {
  return row * CHANNELS + min(4u * c + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(CHANNELS - 1u));
}
#endif

fn load_src(row: u32, c: u32) -> vec4<f32> {
#if VECTOR
  return vec4<f32>(src[row * CHANNELS4 + c]);
#else
  let i = channels(row, c);
  return vec4<f32>(f32(src[i.x]), f32(src[i.y]), f32(src[i.z]), f32(src[i.w]));
#endif
}

fn load_weights(tap: u32, c: u32) -> vec4<f32> {
#if VECTOR
  return vec4<f32>(weights[tap * CHANNELS4 + c]);
#else
  let i = channels(tap, c);
  return vec4<f32>(f32(weights[i.x]), f32(weights[i.y]), f32(weights[i.z]), f32(weights[i.w]));
#endif
}

fn write(pixel: u32, c: u32, sum: vec4<f32>) {
#if VECTOR
  let at = pixel * CHANNELS4 + c;
  var value = sum + vec4<f32>(bias[c]);
#if RESIDUAL
  value += vec4<f32>(residual[at]);
#endif
  dst[at] = item(activate(value));
#else
  let i = channels(0u, c);
  var value = sum + vec4<f32>(f32(bias[i.x]), f32(bias[i.y]), f32(bias[i.z]), f32(bias[i.w]));
#if RESIDUAL
  let r = channels(pixel, c);
  value += vec4<f32>(f32(residual[r.x]), f32(residual[r.y]), f32(residual[r.z]), f32(residual[r.w]));
#endif
  value = activate(value);
  for (var j = 0u; j < min(4u, CHANNELS - 4u * c); j++) {
    dst[pixel * CHANNELS + 4u * c + j] = elem(value[j]);
  }
#endif
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local, 64u);
  if (index >= PIXELS * CHANNELS4) { return; }
  let pixel = index / CHANNELS4;
  let c = index % CHANNELS4;
  let image = i32(pixel / (OUT_W * OUT_H)) * IN_H * IN_W;
  let top = i32((pixel / OUT_W) % OUT_H) * STRIDE_Y - PAD_TOP;
  let left = i32(pixel % OUT_W) * STRIDE_X - PAD_LEFT;
  var sum = vec4<f32>();
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    let y = top + i32(ky) * DILATION_Y;
    if (y < 0 || y >= IN_H) { continue; }
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let x = left + i32(kx) * DILATION_X;
      if (x < 0 || x >= IN_W) { continue; }
      sum += load_src(u32(image + y * IN_W + x), c) * load_weights(ky * KERNEL_W + kx, c);
    }
  }
  write(pixel, c, sum);
}
