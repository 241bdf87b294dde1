// A tile of the coloured picture: the original's L* with a* and b* interpolated from the network's output.
//   (u, v) = (position + 0.5) * SAMPLES - 0.5, bilinear between map samples, edges repeated
//   map sample (i, j) of channel c = ab[c*PLANE_STRIDE + j*ROW_STRIDE + i]
//   dst[y, x] = 8-bit sRGB of clip_chroma(L*(src[y, x]), CHROMA_SCALE * map(u, v)), alpha of src
// One invocation writes one pixel of dst.
#include "../lib/lab.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/recombine.ts
const TILE_X: u32 = 0u;         // upper left corner of the tile
const TILE_Y: u32 = 0u;
const TILE_W: u32 = 1u;
const TILE_H: u32 = 1u;
const MAP_W: u32 = 1u;          // samples, padding left out
const MAP_H: u32 = 1u;
const ROW_STRIDE: u32 = 1u;     // elements of ab
const PLANE_STRIDE: u32 = 1u;
const SAMPLES_X: f32 = 1.0;     // map samples per pixel of the picture
const SAMPLES_Y: f32 = 1.0;
const CHROMA_SCALE: f32 = 1.0;  // a*, b* per unit of ab, times saturation

@group(0) @binding(0) var src: texture_2d<f32>;                   // [TILE_H, TILE_W], sRGB and alpha
@group(0) @binding(1) var<storage, read> ab: array<elem>;         // [2, PLANE_STRIDE]
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;   // [TILE_H, TILE_W], R G B A from the low byte

fn load_ab(x: u32, y: u32) -> vec2<f32> {
  let i = y * ROW_STRIDE + x;
  return vec2(f32(ab[i]), f32(ab[PLANE_STRIDE + i]));
}

fn interpolate_ab(position: vec2<f32>) -> vec2<f32> {
  let last = vec2(f32(MAP_W - 1u), f32(MAP_H - 1u));
  let uv = clamp((position + 0.5) * vec2(SAMPLES_X, SAMPLES_Y) - 0.5, vec2(0.0), last);
  let low = vec2<u32>(floor(uv));
  let high = min(low + 1u, vec2(MAP_W - 1u, MAP_H - 1u));
  let t = uv - floor(uv);
  let upper = mix(load_ab(low.x, low.y), load_ab(high.x, low.y), t.x);
  let lower = mix(load_ab(low.x, high.y), load_ab(high.x, high.y), t.x);
  return mix(upper, lower, t.y);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= TILE_W || id.y >= TILE_H) { return; }
  let source = textureLoad(src, id.xy, 0);
  let position = vec2(f32(TILE_X + id.x), f32(TILE_Y + id.y));
  let chroma = CHROMA_SCALE * interpolate_ab(position);
  let linear = clip_chroma(srgb_luminance(source.rgb), chroma);
  dst[id.y * TILE_W + id.x] = pack4x8unorm(vec4(linear_to_srgb(linear), source.a));
}
