// The second half of luminance-rows: the same filter along y.
//   dst[y, x] (+)= sum_j w(j, y) * src[j - tile_y, x] / sum_j w(j, y)
// The upper sum runs over this tile's rows. The first tile sets dst, the others add to it.
// One invocation writes one element of dst.
struct Params {
  height: u32,       // of the picture
  tile_y: u32,       // upper edge of the tile
  tile_height: u32,
  out_width: u32,
  out_height: u32,
  accumulate: u32,   // 0 for the first tile, else 1
}

@group(0) @binding(0) var<storage, read> src: array<f32>;         // [tile_height, out_width], L*
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> dst: array<f32>;   // [out_height, out_width], L*

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.out_width || id.y >= params.out_height) { return; }
  let taps = triangle_taps(id.y, params.height, params.out_height);
  var sum = 0.0;
  let end = min(taps.end, params.tile_y + params.tile_height);
  for (var j = max(taps.begin, params.tile_y); j < end; j++) {
    sum += triangle_weight(taps, j) * src[(j - params.tile_y) * params.out_width + id.x];
  }
  let i = id.y * params.out_width + id.x;
  var before = 0.0;
  if (params.accumulate != 0u) { before = dst[i]; }
  dst[i] = before + sum / taps.total;
}
