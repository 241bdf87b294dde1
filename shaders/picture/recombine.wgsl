// A tile of the coloured picture: the original's L* with a* and b* from lines that guided-chroma fitted.
//   line, range = model[0], model[1] at (position + 0.5) * SAMPLES - 0.5, bilinear between map samples, edges repeated
//   chroma = clamp(slopes of line * L*(src[y, x]) + intercepts of line, least of range, most of range)
//   dst[y, x] = 8-bit sRGB of clip_chroma(L*(src[y, x]), chroma), alpha of src
// One invocation writes one pixel of dst.
#include "../lib/lab.wgsl"
// Defaults; set by src/kernels/picture/recombine.ts
const TILE_X: u32 = 0u;         // upper left corner of the tile
const TILE_Y: u32 = 0u;
const TILE_W: u32 = 1u;
const TILE_H: u32 = 1u;
const MAP_W: u32 = 1u;          // samples, padding left out
const MAP_H: u32 = 1u;
const SAMPLES_X: f32 = 1.0;     // map samples per pixel of the picture
const SAMPLES_Y: f32 = 1.0;

@group(0) @binding(0) var src: texture_2d<f32>;                   // [TILE_H, TILE_W], sRGB and alpha
@group(0) @binding(1) var<storage, read> model: array<vec4<f32>>; // [2, MAP_H, MAP_W], of guided-chroma
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;   // [TILE_H, TILE_W], R G B A from the low byte

fn model_at(plane: u32, low: vec2<u32>, high: vec2<u32>, t: vec2<f32>) -> vec4<f32> {
  let upper = (plane * MAP_H + low.y) * MAP_W;
  let lower = (plane * MAP_H + high.y) * MAP_W;
  return mix(
    mix(model[upper + low.x], model[upper + high.x], t.x),
    mix(model[lower + low.x], model[lower + high.x], t.x), t.y);
}

fn chroma_at(position: vec2<f32>, l: f32) -> vec2<f32> {
  let last = vec2(MAP_W - 1u, MAP_H - 1u);
  let uv = clamp((position + 0.5) * vec2(SAMPLES_X, SAMPLES_Y) - 0.5, vec2(0.0), vec2<f32>(last));
  let low = vec2<u32>(floor(uv));
  let high = min(low + 1u, last);
  let line = model_at(0u, low, high, uv - floor(uv));
  let range = model_at(1u, low, high, uv - floor(uv));
  return clamp(line.xy * l + line.zw, range.xy, range.zw);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= TILE_W || id.y >= TILE_H) { return; }
  let source = textureLoad(src, id.xy, 0);
  let l = srgb_luminance(source.rgb);
  let linear = clip_chroma(l, chroma_at(vec2(f32(TILE_X + id.x), f32(TILE_Y + id.y)), l));
  dst[id.y * TILE_W + id.x] = pack4x8unorm(vec4(linear_to_srgb(linear), source.a));
}
