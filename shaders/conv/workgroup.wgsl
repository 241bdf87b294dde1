// Convolution of NHWC images by the formula of direct.wgsl, for GPUs: a workgroup stages tiles of the gathered matrix
// and of the weights in workgroup memory, 16 input channels at a time, which all of its invocations share.
// One invocation sums 4 (EIGHT_PIXELS: 8) pixels, WORKGROUP_X apart, x 8 output channels.
#include "../lib/conv-gather.wgsl"
const INVOCATION_PIXELS: u32 = 4u;  // pixels of one invocation; set by src/kernels/conv/workgroup.ts
const WORKGROUP_X: u32 = 8u;        // invocations of a workgroup along pixels
const WORKGROUP_Y: u32 = 8u;        // and along blocks of 8 output channels
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 8)

const INVOCATIONS: u32 = WORKGROUP_X * WORKGROUP_Y;
const WORKGROUP_PIXELS: u32 = INVOCATION_PIXELS * WORKGROUP_X;   // pixels of a workgroup

// [groups * GROUP_BLOCKS, TAPS, GROUP_IN_C4][4 input channels x 8 output channels]
@group(0) @binding(1) var<storage, read> weights: array<array<elem4, 8>>;

// [pixel / WORKGROUP_X][pixel % WORKGROUP_X][input channel / 4]; a fifth element puts neighbouring pixels into different banks.
var<workgroup> left: array<array<array<factor4, 5>, WORKGROUP_X>, INVOCATION_PIXELS>;
// [block of output channels][input channel / 4][4 input channels x 8 output channels]
var<workgroup> right: array<array<array<factor4, 8>, 4>, WORKGROUP_Y>;
// The input pixel under the tap, for each pixel of the tile.
var<workgroup> sources: array<i32, WORKGROUP_PIXELS>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let first = (workgroup.z * grid.x + workgroup.x) * WORKGROUP_PIXELS;
  let group = workgroup.y / GROUP_TILES;
  let first_block = (workgroup.y - group * GROUP_TILES) * WORKGROUP_Y;
  let channel = group * GROUP_OUT_C + (first_block + local.y) * 8u;
  let end = (group + 1u) * GROUP_OUT_C;
  let x = local.x;
  let y = local.y;

  var c0 = sum4(); var c1 = sum4(); var c2 = sum4(); var c3 = sum4();   // channels 0 to 3 of each pixel
  var d0 = sum4(); var d1 = sum4(); var d2 = sum4(); var d3 = sum4();   // channels 4 to 7
#if EIGHT_PIXELS
  var c4 = sum4(); var c5 = sum4(); var c6 = sum4(); var c7 = sum4();
  var d4 = sum4(); var d5 = sum4(); var d6 = sum4(); var d7 = sum4();
#endif
  for (var tap = 0u; tap < TAPS; tap++) {
    // No invocation reads sources after the second barrier of the previous tap's last tile.
    for (var i = index; i < WORKGROUP_PIXELS; i += INVOCATIONS) {
      sources[i] = under(window(first + i), tap / KERNEL_W, tap % KERNEL_W);
    }
    let row = ((group * GROUP_BLOCKS + first_block) * TAPS + tap) * GROUP_IN_C4;
    for (var k = 0u; k < GROUP_IN_C4; k += 4u) {
      workgroupBarrier();
      for (var n = 0u; n < 4u * WORKGROUP_PIXELS / INVOCATIONS; n++) {
        let i = n * INVOCATIONS + index;
        left[i / 4u / WORKGROUP_X][i / 4u % WORKGROUP_X][i % 4u] = load_src(sources[i / 4u], group, k + i % 4u);
      }
      // Past the last block or channel this reads other weights, whose products are not written or are zero.
      for (var n = 0u; n < 32u * WORKGROUP_Y / INVOCATIONS; n++) {
        let i = n * INVOCATIONS + index;
        let block = i / 32u;
        let step = i / 8u % 4u;
        right[block][step][i % 8u] = factor4(weights[row + block * TAPS * GROUP_IN_C4 + k + step][i % 8u]);
      }
      workgroupBarrier();
      for (var step = 0u; step < 4u; step++) {
        let u0 = right[y][step][0]; let v0 = right[y][step][1];
        let u1 = right[y][step][2]; let v1 = right[y][step][3];
        let u2 = right[y][step][4]; let v2 = right[y][step][5];
        let u3 = right[y][step][6]; let v3 = right[y][step][7];
        let a0 = left[0][x][step]; c0 = mac(c0, a0, u0, u1, u2, u3); d0 = mac(d0, a0, v0, v1, v2, v3);
        let a1 = left[1][x][step]; c1 = mac(c1, a1, u0, u1, u2, u3); d1 = mac(d1, a1, v0, v1, v2, v3);
        let a2 = left[2][x][step]; c2 = mac(c2, a2, u0, u1, u2, u3); d2 = mac(d2, a2, v0, v1, v2, v3);
        let a3 = left[3][x][step]; c3 = mac(c3, a3, u0, u1, u2, u3); d3 = mac(d3, a3, v0, v1, v2, v3);
#if EIGHT_PIXELS
        let a4 = left[4][x][step]; c4 = mac(c4, a4, u0, u1, u2, u3); d4 = mac(d4, a4, v0, v1, v2, v3);
        let a5 = left[5][x][step]; c5 = mac(c5, a5, u0, u1, u2, u3); d5 = mac(d5, a5, v0, v1, v2, v3);
        let a6 = left[6][x][step]; c6 = mac(c6, a6, u0, u1, u2, u3); d6 = mac(d6, a6, v0, v1, v2, v3);
        let a7 = left[7][x][step]; c7 = mac(c7, a7, u0, u1, u2, u3); d7 = mac(d7, a7, v0, v1, v2, v3);
#endif
      }
    }
  }
#if EIGHT_PIXELS
  let sums = array<sum4, 16>(c0, d0, c1, d1, c2, d2, c3, d3, c4, d4, c5, d5, c6, d6, c7, d7);
#else
  let sums = array<sum4, 8>(c0, d0, c1, d1, c2, d2, c3, d3);
#endif
  for (var i = 0u; i < 2u * INVOCATION_PIXELS; i++) {
    write(first + i / 2u * WORKGROUP_X + x, channel + i % 2u * 4u, end, sums[i]);
  }
}
