// Convolution of NHWC images by the formula of direct.wgsl, for GPUs with subgroups: each invocation of a workgroup computes
// 4 output channels of the same 8 pixels. SHARING lanes in a row load 4 input channels each, further lanes the same ones again, and
// the first SHARING lanes broadcast theirs. Results depend neither on the size of a subgroup (SHARING or more) nor on the order of
// its invocations.
#include "../lib/conv-gather.wgsl"
const WORKGROUP_X: u32 = 8u;    // invocations of a workgroup; set by src/kernels/conv/subgroup.ts
const SHARING: u32 = 8u;        // lanes that load different input channels

// [groups * GROUP_TILES, TAPS, 4 * GROUP_IN_C4][4 * WORKGROUP_X output channels]
@group(0) @binding(1) var<storage, read> weights: array<array<elem4, WORKGROUP_X>>;

@compute @workgroup_size(WORKGROUP_X)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let first = 8u * (workgroup.z * grid.x + workgroup.x);
  let group = workgroup.y / GROUP_TILES;
  let channel = group * GROUP_OUT_C + 4u * ((workgroup.y - group * GROUP_TILES) * WORKGROUP_X + index);
  let end = (group + 1u) * GROUP_OUT_C;

  let s0 = window(first); let s1 = window(first + 1u); let s2 = window(first + 2u); let s3 = window(first + 3u);
  let s4 = window(first + 4u); let s5 = window(first + 5u); let s6 = window(first + 6u); let s7 = window(first + 7u);
  var c0 = sum4(); var c1 = sum4(); var c2 = sum4(); var c3 = sum4();
  var c4 = sum4(); var c5 = sum4(); var c6 = sum4(); var c7 = sum4();
  for (var tap = 0u; tap < TAPS; tap++) {
    let y = tap / KERNEL_W;
    let x = tap % KERNEL_W;
    let p0 = under(s0, y, x); let p1 = under(s1, y, x); let p2 = under(s2, y, x); let p3 = under(s3, y, x);
    let p4 = under(s4, y, x); let p5 = under(s5, y, x); let p6 = under(s6, y, x); let p7 = under(s7, y, x);
    for (var k = 0u; k < GROUP_IN_C4; k += SHARING) {
      let mine = k + lane % SHARING;
      let a0 = load_src(p0, group, mine); let a1 = load_src(p1, group, mine);
      let a2 = load_src(p2, group, mine); let a3 = load_src(p3, group, mine);
      let a4 = load_src(p4, group, mine); let a5 = load_src(p5, group, mine);
      let a6 = load_src(p6, group, mine); let a7 = load_src(p7, group, mine);
      // Past the last channel this reads other weights, which are multiplied by zeros.
      for (var step = 0u; step < SHARING; step++) {
        let row = ((workgroup.y * TAPS + tap) * GROUP_IN_C4 + k + step) * 4u;
        let w0 = factor4(weights[row][index]);
        let w1 = factor4(weights[row + 1u][index]);
        let w2 = factor4(weights[row + 2u][index]);
        let w3 = factor4(weights[row + 3u][index]);
        c0 = mac(c0, subgroupShuffle(a0, step), w0, w1, w2, w3);
        c1 = mac(c1, subgroupShuffle(a1, step), w0, w1, w2, w3);
        c2 = mac(c2, subgroupShuffle(a2, step), w0, w1, w2, w3);
        c3 = mac(c3, subgroupShuffle(a3, step), w0, w1, w2, w3);
        c4 = mac(c4, subgroupShuffle(a4, step), w0, w1, w2, w3);
        c5 = mac(c5, subgroupShuffle(a5, step), w0, w1, w2, w3);
        c6 = mac(c6, subgroupShuffle(a6, step), w0, w1, w2, w3);
        c7 = mac(c7, subgroupShuffle(a7, step), w0, w1, w2, w3);
      }
    }
  }
  let sums = array<sum4, 8>(c0, c1, c2, c3, c4, c5, c6, c7);
  for (var i = 0u; i < 8u; i++) {
    write(first + i, channel, end, sums[i]);
  }
}
