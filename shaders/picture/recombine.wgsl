// A tile of the coloured picture: the original's L* with a* and b* interpolated from the network's output.
//   (u, v) = (position + 0.5) * map_per_pixel - 0.5, bilinear between map samples, edges repeated
//   map sample (i, j) of channel c = ab[c*plane_stride + j*row_stride + i]
//   dst[y, x] = 8-bit sRGB of clip_chroma(L*(src[y, x]), chroma_scale * map(u, v)), alpha of src
// One invocation writes one pixel of dst.
alias elem = f32;               // defaults; set by src/kernels/recombine.ts

struct Params {
  tile_x: u32,
  tile_y: u32,
  tile_width: u32,
  tile_height: u32,
  map_width: u32,                 // samples, padding left out
  map_height: u32,
  row_stride: u32,                // elements of ab
  plane_stride: u32,
  map_per_pixel: vec2<f32>,       // map samples per pixel of the picture, along x and y
  chroma_scale: f32,              // a*, b* per unit of ab, times saturation
}

@group(0) @binding(0) var src: texture_2d<f32>;                   // [tile_height, tile_width], sRGB and alpha
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> ab: array<elem>;         // [2, plane_stride]
@group(0) @binding(3) var<storage, read_write> dst: array<u32>;   // [tile_height, tile_width], R G B A from the low byte

fn load_ab(x: u32, y: u32) -> vec2<f32> {
  let i = y * params.row_stride + x;
  return vec2(f32(ab[i]), f32(ab[params.plane_stride + i]));
}

fn interpolate_ab(position: vec2<f32>) -> vec2<f32> {
  let last = vec2(f32(params.map_width - 1u), f32(params.map_height - 1u));
  let uv = clamp((position + 0.5) * params.map_per_pixel - 0.5, vec2(0.0), last);
  let low = vec2<u32>(floor(uv));
  let high = min(low + 1u, vec2(params.map_width - 1u, params.map_height - 1u));
  let t = uv - floor(uv);
  let upper = mix(load_ab(low.x, low.y), load_ab(high.x, low.y), t.x);
  let lower = mix(load_ab(low.x, high.y), load_ab(high.x, high.y), t.x);
  return mix(upper, lower, t.y);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.tile_width || id.y >= params.tile_height) { return; }
  let source = textureLoad(src, id.xy, 0);
  let position = vec2(f32(params.tile_x + id.x), f32(params.tile_y + id.y));
  let chroma = params.chroma_scale * interpolate_ab(position);
  let linear = clip_chroma(srgb_luminance(source.rgb), chroma);
  dst[id.y * params.tile_width + id.x] = pack4x8unorm(vec4(linear_to_srgb(linear), source.a));
}
