// The scheme of workgroup.wgsl with double buffering: while a tile is multiplied, every invocation loads its share of the next
// one into registers, so that arithmetic hides the time of reading memory. One invocation sums 8 pixels, WORKGROUP_X apart,
// x 8 output channels.
#include "../lib/conv-gather.wgsl"
const WORKGROUP_X: u32 = 8u;    // invocations of a workgroup along pixels: 8, or 16 with WIDE
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 8)

const WORKGROUP_Y: u32 = 8u;    // invocations along blocks of 8 output channels
const INVOCATIONS: u32 = WORKGROUP_X * WORKGROUP_Y;
const WORKGROUP_PIXELS: u32 = 8u * WORKGROUP_X;
const QUARTER: u32 = INVOCATIONS / 4u;   // pixels of a tile that all invocations load at once

// [groups * GROUP_BLOCKS, TAPS, GROUP_IN_C4][4 input channels x 8 output channels]
@group(0) @binding(1) var<storage, read> weights: array<array<elem4, 8>>;

// [pixel][input channel / 4]; a fifth element puts neighbouring pixels into different banks.
var<workgroup> left: array<array<factor4, 5>, WORKGROUP_PIXELS>;
// [block of output channels * 4 + input channel / 4][4 input channels x 8 output channels]
var<workgroup> right: array<array<factor4, 8>, 4u * WORKGROUP_Y>;

// An invocation's share of a tile: four times four input channels of a pixel, and weights.
struct Share {
  l0: factor4, l1: factor4, l2: factor4, l3: factor4,
  r0: factor4, r1: factor4,
#if !WIDE
  r2: factor4, r3: factor4,
#endif
}

// Entry i of the right tile whose first block's weights of the tap start at `row`. Past the last block or channel this reads other
// weights, whose products are not written or are zero.
fn load_weight(row: u32, k: u32, i: u32) -> factor4 {
  return factor4(weights[row + i / 32u * TAPS * GROUP_IN_C4 + k + i / 8u % 4u][i % 8u]);
}

fn load(pixels: vec4<i32>, group: u32, row: u32, k: u32, index: u32) -> Share {
  let mine = k + index % 4u;
  return Share(
    load_src(pixels.x, group, mine), load_src(pixels.y, group, mine),
    load_src(pixels.z, group, mine), load_src(pixels.w, group, mine),
    load_weight(row, k, index), load_weight(row, k, INVOCATIONS + index),
#if !WIDE
    load_weight(row, k, 2u * INVOCATIONS + index), load_weight(row, k, 3u * INVOCATIONS + index),
#endif
  );
}

fn store(share: Share, index: u32) {
  let pixel = index / 4u;
  let step = index % 4u;
  left[pixel][step] = share.l0;
  left[QUARTER + pixel][step] = share.l1;
  left[2u * QUARTER + pixel][step] = share.l2;
  left[3u * QUARTER + pixel][step] = share.l3;
  right[index / 8u][index % 8u] = share.r0;
  right[(INVOCATIONS + index) / 8u][index % 8u] = share.r1;
#if !WIDE
  right[(2u * INVOCATIONS + index) / 8u][index % 8u] = share.r2;
  right[(3u * INVOCATIONS + index) / 8u][index % 8u] = share.r3;
#endif
}

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
  let blocks = (group * GROUP_BLOCKS + first_block) * TAPS * GROUP_IN_C4;
  let x = local.x;
  let y = local.y;
  // Where the windows of the four pixels start that this invocation loads.
  let mine = first + index / 4u;
  let s0 = window(mine); let s1 = window(mine + QUARTER);
  let s2 = window(mine + 2u * QUARTER); let s3 = window(mine + 3u * QUARTER);

  var c0 = sum4(); var c1 = sum4(); var c2 = sum4(); var c3 = sum4();   // channels 0 to 3 of each pixel
  var c4 = sum4(); var c5 = sum4(); var c6 = sum4(); var c7 = sum4();
  var d0 = sum4(); var d1 = sum4(); var d2 = sum4(); var d3 = sum4();   // channels 4 to 7
  var d4 = sum4(); var d5 = sum4(); var d6 = sum4(); var d7 = sum4();
  var pixels = vec4<i32>(under(s0, 0u, 0u), under(s1, 0u, 0u), under(s2, 0u, 0u), under(s3, 0u, 0u));
  var share = load(pixels, group, blocks, 0u, index);
  var tap = 0u;   // of the share, and its first input channel / 4
  var k = 0u;
  while (tap < TAPS) {
    workgroupBarrier();   // the previous tile is multiplied
    store(share, index);
    workgroupBarrier();
    k += 4u;
    if (k >= GROUP_IN_C4) {
      k = 0u;
      tap++;
      let ky = tap / KERNEL_W;
      let kx = tap % KERNEL_W;
      pixels = vec4<i32>(under(s0, ky, kx), under(s1, ky, kx), under(s2, ky, kx), under(s3, ky, kx));
    }
    if (tap < TAPS) {
      share = load(pixels, group, blocks + tap * GROUP_IN_C4, k, index);
    }
    for (var step = 0u; step < 4u; step++) {
      let row = 4u * y + step;
      let u0 = right[row][0]; let v0 = right[row][1];
      let u1 = right[row][2]; let v1 = right[row][3];
      let u2 = right[row][4]; let v2 = right[row][5];
      let u3 = right[row][6]; let v3 = right[row][7];
      let a0 = left[x][step];
      c0 = mac(c0, a0, u0, u1, u2, u3); d0 = mac(d0, a0, v0, v1, v2, v3);
      let a1 = left[WORKGROUP_X + x][step];
      c1 = mac(c1, a1, u0, u1, u2, u3); d1 = mac(d1, a1, v0, v1, v2, v3);
      let a2 = left[2u * WORKGROUP_X + x][step];
      c2 = mac(c2, a2, u0, u1, u2, u3); d2 = mac(d2, a2, v0, v1, v2, v3);
      let a3 = left[3u * WORKGROUP_X + x][step];
      c3 = mac(c3, a3, u0, u1, u2, u3); d3 = mac(d3, a3, v0, v1, v2, v3);
      let a4 = left[4u * WORKGROUP_X + x][step];
      c4 = mac(c4, a4, u0, u1, u2, u3); d4 = mac(d4, a4, v0, v1, v2, v3);
      let a5 = left[5u * WORKGROUP_X + x][step];
      c5 = mac(c5, a5, u0, u1, u2, u3); d5 = mac(d5, a5, v0, v1, v2, v3);
      let a6 = left[6u * WORKGROUP_X + x][step];
      c6 = mac(c6, a6, u0, u1, u2, u3); d6 = mac(d6, a6, v0, v1, v2, v3);
      let a7 = left[7u * WORKGROUP_X + x][step];
      c7 = mac(c7, a7, u0, u1, u2, u3); d7 = mac(d7, a7, v0, v1, v2, v3);
    }
  }
  let channel = group * GROUP_OUT_C + (first_block + y) * 8u;
  let end = (group + 1u) * GROUP_OUT_C;
  let sums = array<sum4, 16>(c0, d0, c1, d1, c2, d2, c3, d3, c4, d4, c5, d5, c6, d6, c7, d7);
  for (var i = 0u; i < 16u; i++) {
    write(first + i / 2u * WORKGROUP_X + x, channel + i % 2u * 4u, end, sums[i]);
  }
}
