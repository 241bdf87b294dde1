// L* of a tile of a picture, resampled along x with an antialiasing triangle filter.
//   centre = (x + 0.5) * PICTURE_W / OUT_W, radius = max(1, PICTURE_W / OUT_W)
//   dst[y, x] = sum_i w(i, x) * L*(src[y, i - TILE_X]) / sum_i w(i, x),  w = max(0, 1 - |i + 0.5 - centre| / radius)
// The lower sum runs over the whole picture and the upper over this tile, so the tiles' results add up.
// One invocation writes one element of dst.
#include "../lib/triangle.wgsl"
#include "../lib/lab.wgsl"
const PICTURE_W: u32 = 1u;      // pixels
const TILE_X: u32 = 0u;         // left edge of the tile
const TILE_W: u32 = 1u;
const TILE_H: u32 = 1u;
const OUT_W: u32 = 1u;

@group(0) @binding(0) var src: texture_2d<f32>;                   // [TILE_H, TILE_W], sRGB
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;   // [TILE_H, OUT_W], L*

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= OUT_W || id.y >= TILE_H) { return; }
  let taps = triangle_taps(id.x, PICTURE_W, OUT_W);
  var sum = 0.0;
  let end = min(taps.end, TILE_X + TILE_W);
  for (var i = max(taps.begin, TILE_X); i < end; i++) {
    let rgb = textureLoad(src, vec2(i - TILE_X, id.y), 0).rgb;
    sum += triangle_weight(taps, i) * srgb_luminance(rgb);
  }
  dst[id.y * OUT_W + id.x] = sum / taps.total;
}
