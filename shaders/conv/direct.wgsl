// Convolution of NHWC images as a matrix product whose rows are gathered during the product (implicit GEMM).
//   dst[n, y, x, o] = activate(bias[o] + residual[n, y, x, o]
//     + sum over ky, kx, i of src[n, y*STRIDE_Y + ky*DILATION_Y - PAD_TOP, x*STRIDE_X + kx*DILATION_X - PAD_LEFT, i]
//                           * weights[ky, kx, i, o])        with src = 0 outside the image
// One invocation sums 4 (EIGHT_PIXELS: 8) consecutive pixels x 8 output channels. No workgroup memory.
// With POOL = 2, 2x2 max pooling follows; with PHASE, output pixels are FACTOR apart in dst.
#include "../lib/window.wgsl"
#include "../lib/conv-weights.wgsl"
#include "../lib/conv-epilogue.wgsl"
const IN_C: u32 = 4u;           // channels of src
const SRC_FIRST: u32 = 0u;      // the first one that is read
const GROUP_IN_C: u32 = 4u;     // input channels of one group
const IN_C4: u32 = 1u;          // ceil(IN_C / 4)
const GROUP_OUT_C: u32 = 8u;    // output channels of one group
const GROUPED: bool = false;    // whether there are several groups
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 8)
const PIXELS: u32 = 1u;         // batch * OUT_H * OUT_W
const POOL: u32 = 1u;           // 2: 2x2 max pooling follows, and OUT_H and OUT_W are even
const PHASE: bool = false;      // output pixel (y, x) goes to (y*FACTOR_Y + OFFSET_Y, x*FACTOR_X + OFFSET_X)
const FACTOR_Y: u32 = 1u;
const FACTOR_X: u32 = 1u;
const OFFSET_Y: u32 = 0u;
const OFFSET_X: u32 = 0u;
const DST_H: u32 = 1u;          // size of dst with PHASE
const DST_W: u32 = 1u;
const INVOCATION_PIXELS: u32 = 4u;  // pixels of one invocation: 4, or 8 with EIGHT_PIXELS
const INVOCATIONS: u32 = 64u;   // of a workgroup
const WORKGROUP_X: u32 = 8u;    // along pixels; the others lie along blocks of output channels
const POOLED: u32 = POOL * POOL;    // output pixels per pixel of dst

#if VECTOR_IN
@group(0) @binding(0) var<storage, read> src: array<elem4>;                 // [batch*IN_H*IN_W, IN_C/4]
#else
@group(0) @binding(0) var<storage, read> src: array<elem>;                  // [batch*IN_H*IN_W, IN_C]
#endif

// place() of an output pixel. With pooling, output pixels are numbered window by window.
fn place_pooled(pixel: u32) -> vec3<u32> {
  if (POOL == 2u) {
    let column = pixel / 4u % (OUT_W / 2u) * 2u + pixel % 2u;
    let row = pixel / 4u / (OUT_W / 2u) * 2u + pixel / 2u % 2u;
    return vec3<u32>(row / OUT_H, row % OUT_H, column);
  }
  return place(pixel);
}

// Where the window of an output pixel starts: (first pixel of its image, y, x).
fn window(pixel: u32) -> vec3<i32> {
  return window_at(place_pooled(min(pixel, PIXELS - 1u)));
}

// The pixel of dst for an output pixel; DST_PIXELS or more when there is none.
fn destination(pixel: u32) -> u32 {
  if (PHASE) {
    let at = place(pixel);
    let to = (at.x * DST_H + at.y * FACTOR_Y + OFFSET_Y) * DST_W + at.z * FACTOR_X + OFFSET_X;
    return select(DST_PIXELS, to, pixel < PIXELS);
  }
  return pixel / POOLED;
}

// Input channels 4*k to 4*k+3 of a group, whose first channel is given; weights past its last channel are zero.
fn load_src(pixel: i32, first_in: u32, k: u32) -> factor4 {
  let p = u32(max(pixel, 0));
#if VECTOR_IN
  let value = factor4(src[p * IN_C4 + first_in / 4u + k]);
#else
  let first = p * IN_C + first_in;
  let channel = min(vec4<u32>(0u, 1u, 2u, 3u) + 4u * k, vec4<u32>(GROUP_IN_C - 1u)) + first;
  let value = factor4(vec4<elem>(src[channel.x], src[channel.y], src[channel.z], src[channel.w]));
#endif
  if (CHECK_EDGES) { return select(factor4(), value, pixel >= 0); }
  return value;
}

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = INVOCATION_PIXELS * ((workgroup.z * grid.x + workgroup.x) * WORKGROUP_X + local % WORKGROUP_X);
  let block = workgroup.y * (INVOCATIONS / WORKGROUP_X) + local / WORKGROUP_X;
  if (first >= PIXELS || block >= BLOCKS) { return; }
  var group = 0u;
  if (GROUPED) { group = block / GROUP_BLOCKS; }
  let channel = group * GROUP_OUT_C + (block - group * GROUP_BLOCKS) * 8u;
  let end = (group + 1u) * GROUP_OUT_C;
  let first_in = SRC_FIRST + group * GROUP_IN_C;

  let s0 = window(first); let s1 = window(first + 1u); let s2 = window(first + 2u); let s3 = window(first + 3u);
  var c0 = sum4(); var c1 = sum4(); var c2 = sum4(); var c3 = sum4();   // channels 0 to 3 of each pixel
  var d0 = sum4(); var d1 = sum4(); var d2 = sum4(); var d3 = sum4();   // channels 4 to 7
#if EIGHT_PIXELS
  let s4 = window(first + 4u); let s5 = window(first + 5u); let s6 = window(first + 6u); let s7 = window(first + 7u);
  var c4 = sum4(); var c5 = sum4(); var c6 = sum4(); var c7 = sum4();
  var d4 = sum4(); var d5 = sum4(); var d6 = sum4(); var d7 = sum4();
#endif
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let tap = ky * KERNEL_W + kx;
      let p0 = under(s0, ky, kx); let p1 = under(s1, ky, kx); let p2 = under(s2, ky, kx); let p3 = under(s3, ky, kx);
#if EIGHT_PIXELS
      let p4 = under(s4, ky, kx); let p5 = under(s5, ky, kx); let p6 = under(s6, ky, kx); let p7 = under(s7, ky, kx);
#endif
      let row = (block * TAPS + tap) * GROUP_IN_C4;
      for (var k = 0u; k < GROUP_IN_C4; k++) {
        let w = load_weights(row + k);
        let u0 = w.u0; let u1 = w.u1; let u2 = w.u2; let u3 = w.u3;
        let v0 = w.v0; let v1 = w.v1; let v2 = w.v2; let v3 = w.v3;
        let a0 = load_src(p0, first_in, k); c0 = mac(c0, a0, u0, u1, u2, u3); d0 = mac(d0, a0, v0, v1, v2, v3);
        let a1 = load_src(p1, first_in, k); c1 = mac(c1, a1, u0, u1, u2, u3); d1 = mac(d1, a1, v0, v1, v2, v3);
        let a2 = load_src(p2, first_in, k); c2 = mac(c2, a2, u0, u1, u2, u3); d2 = mac(d2, a2, v0, v1, v2, v3);
        let a3 = load_src(p3, first_in, k); c3 = mac(c3, a3, u0, u1, u2, u3); d3 = mac(d3, a3, v0, v1, v2, v3);
#if EIGHT_PIXELS
        let a4 = load_src(p4, first_in, k); c4 = mac(c4, a4, u0, u1, u2, u3); d4 = mac(d4, a4, v0, v1, v2, v3);
        let a5 = load_src(p5, first_in, k); c5 = mac(c5, a5, u0, u1, u2, u3); d5 = mac(d5, a5, v0, v1, v2, v3);
        let a6 = load_src(p6, first_in, k); c6 = mac(c6, a6, u0, u1, u2, u3); d6 = mac(d6, a6, v0, v1, v2, v3);
        let a7 = load_src(p7, first_in, k); c7 = mac(c7, a7, u0, u1, u2, u3); d7 = mac(d7, a7, v0, v1, v2, v3);
#endif
      }
    }
  }
  if (POOL == 2u) {
    c0 = largest(c0, c1, c2, c3, block, 0u); d0 = largest(d0, d1, d2, d3, block, 1u);
#if EIGHT_PIXELS
    c1 = largest(c4, c5, c6, c7, block, 0u); d1 = largest(d4, d5, d6, d7, block, 1u);
#endif
  }
#if EIGHT_PIXELS
  let sums = array<sum4, 16>(c0, d0, c1, d1, c2, d2, c3, d3, c4, d4, c5, d5, c6, d6, c7, d7);
#else
  let sums = array<sum4, 8>(c0, d0, c1, d1, c2, d2, c3, d3);
#endif
  for (var i = 0u; i < 2u * INVOCATION_PIXELS / POOLED; i++) {
    write(destination(first + i / 2u * POOLED), channel + i % 2u * 4u, end, scaled(sums[i], block, i % 2u));
  }
}
