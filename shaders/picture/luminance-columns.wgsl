// The second half of luminance-rows: the same filter along y.
//   dst[y, x] (+)= sum_j w(j, y) * src[j - TILE_Y, x] / sum_j w(j, y)
// The upper sum runs over this tile's rows. The first tile sets dst, the others add to it.
// One invocation writes one element of dst.
#include "../lib/triangle.wgsl"
const PICTURE_H: u32 = 1u;      // pixels
const TILE_Y: u32 = 0u;         // upper edge of the tile
const TILE_H: u32 = 1u;
const OUT_W: u32 = 1u;
const OUT_H: u32 = 1u;
const ACCUMULATE: u32 = 0u;     // 0 for the first tile, else 1

@group(0) @binding(0) var<storage, read> src: array<f32>;         // [TILE_H, OUT_W], L*
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;   // [OUT_H, OUT_W], L*

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= OUT_W || id.y >= OUT_H) { return; }
  let taps = triangle_taps(id.y, PICTURE_H, OUT_H);
  var sum = 0.0;
  let end = min(taps.end, TILE_Y + TILE_H);
  for (var j = max(taps.begin, TILE_Y); j < end; j++) {
    sum += triangle_weight(taps, j) * src[(j - TILE_Y) * OUT_W + id.x];
  }
  let i = id.y * OUT_W + id.x;
  var before = 0.0;
  if (ACCUMULATE != 0u) { before = dst[i]; }
  dst[i] = before + sum / taps.total;
}
