// L* of a tile of a picture, resampled along x with an antialiasing triangle filter.
//   centre = (x + 0.5) * WIDTH / OUT_WIDTH, radius = max(1, WIDTH / OUT_WIDTH)
//   dst[y, x] = sum_i w(i, x) * L*(src[y, i - tile_x]) / sum_i w(i, x),  w = max(0, 1 - |i + 0.5 - centre| / radius)
// The lower sum runs over the whole picture and the upper over this tile, so the tiles' results add up.
// One invocation writes one element of dst.
struct Params {
  width: u32,        // of the picture
  tile_x: u32,       // left edge of the tile
  tile_width: u32,
  tile_height: u32,
  out_width: u32,
}

@group(0) @binding(0) var src: texture_2d<f32>;                   // [tile_height, tile_width], sRGB
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> dst: array<f32>;   // [tile_height, out_width], L*

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.out_width || id.y >= params.tile_height) { return; }
  let taps = triangle_taps(id.x, params.width, params.out_width);
  var sum = 0.0;
  let end = min(taps.end, params.tile_x + params.tile_width);
  for (var i = max(taps.begin, params.tile_x); i < end; i++) {
    let rgb = textureLoad(src, vec2(i - params.tile_x, id.y), 0).rgb;
    sum += triangle_weight(taps, i) * srgb_luminance(rgb);
  }
  dst[id.y * params.out_width + id.x] = sum / taps.total;
}
