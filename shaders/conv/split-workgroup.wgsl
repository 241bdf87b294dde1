// Convolution of NHWC images by the formula of direct.wgsl, for few output pixels and many input channels: the sums of a
// workgroup's outputs are computed in parts, of every SPLITS-th four input channels each (split-K), which are added in workgroup
// memory. One invocation sums 4 consecutive pixels x 8 output channels.
#include "../lib/conv-gather.wgsl"
const SPLITS: u32 = 16u;        // invocations that share one sum; set by src/kernels/conv/split-workgroup.ts
const WORKGROUP_X: u32 = 2u;    // pieces of 4 pixels of a workgroup
const WORKGROUP_Y: u32 = 2u;    // and blocks of 8 output channels
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 8)

const PIECES: u32 = WORKGROUP_X * WORKGROUP_Y;
const INVOCATIONS: u32 = SPLITS * PIECES;

// [groups * GROUP_BLOCKS, TAPS, GROUP_IN_C4][4 input channels x 8 output channels]
@group(0) @binding(1) var<storage, read> weights: array<array<elem4, 8>>;

// [piece][part][pixel, four output channels]
var<workgroup> parts: array<array<array<sum4, 8>, SPLITS>, PIECES>;

@compute @workgroup_size(SPLITS, WORKGROUP_X, WORKGROUP_Y)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let part = local.x;
  let first = (workgroup.z * grid.x + workgroup.x) * 4u * WORKGROUP_X;   // of the workgroup
  let group = workgroup.y / GROUP_TILES;
  let first_block = (workgroup.y - group * GROUP_TILES) * WORKGROUP_Y;
  let pixel = first + 4u * local.y;

  let s0 = window(pixel); let s1 = window(pixel + 1u); let s2 = window(pixel + 2u); let s3 = window(pixel + 3u);
  var c0 = sum4(); var c1 = sum4(); var c2 = sum4(); var c3 = sum4();   // channels 0 to 3 of each pixel
  var d0 = sum4(); var d1 = sum4(); var d2 = sum4(); var d3 = sum4();   // channels 4 to 7
  for (var tap = 0u; tap < TAPS; tap++) {
    let ky = tap / KERNEL_W;
    let kx = tap % KERNEL_W;
    let p0 = under(s0, ky, kx); let p1 = under(s1, ky, kx); let p2 = under(s2, ky, kx); let p3 = under(s3, ky, kx);
    // Past the last block this reads other weights, whose products are not written.
    let row = ((group * GROUP_BLOCKS + first_block + local.z) * TAPS + tap) * GROUP_IN_C4;
    // Neighbouring invocations read neighbouring channels.
    for (var k = part; k < GROUP_IN_C4; k += SPLITS) {
      let u0 = factor4(weights[row + k][0]); let v0 = factor4(weights[row + k][1]);
      let u1 = factor4(weights[row + k][2]); let v1 = factor4(weights[row + k][3]);
      let u2 = factor4(weights[row + k][4]); let v2 = factor4(weights[row + k][5]);
      let u3 = factor4(weights[row + k][6]); let v3 = factor4(weights[row + k][7]);
      let a0 = load_src(p0, group, k); c0 = mac(c0, a0, u0, u1, u2, u3); d0 = mac(d0, a0, v0, v1, v2, v3);
      let a1 = load_src(p1, group, k); c1 = mac(c1, a1, u0, u1, u2, u3); d1 = mac(d1, a1, v0, v1, v2, v3);
      let a2 = load_src(p2, group, k); c2 = mac(c2, a2, u0, u1, u2, u3); d2 = mac(d2, a2, v0, v1, v2, v3);
      let a3 = load_src(p3, group, k); c3 = mac(c3, a3, u0, u1, u2, u3); d3 = mac(d3, a3, v0, v1, v2, v3);
    }
  }
  parts[local.y + WORKGROUP_X * local.z][part] = array<sum4, 8>(c0, d0, c1, d1, c2, d2, c3, d3);
  workgroupBarrier();

  let end = (group + 1u) * GROUP_OUT_C;
  for (var i = index; i < 8u * PIECES; i += INVOCATIONS) {
    let piece = i / 8u;
    var sum = parts[piece][0][i % 8u];
    for (var j = 1u; j < SPLITS; j++) {
      sum += parts[piece][j][i % 8u];
    }
    let channel = group * GROUP_OUT_C + 8u * (first_block + piece / WORKGROUP_X) + i % 2u * 4u;
    write(first + 4u * (piece % WORKGROUP_X) + i % 8u / 2u, channel, end, sum);
  }
}
