// A network's input: L* scaled, repeated over channels, its last row and column repeated into the padding.
//   dst[c, y, x] = value(src[min(y, IN_H - 1), min(x, IN_W - 1)]) * SCALE + OFFSET
//   value(L*) = L*, or with GREY the sRGB component (0 to 1) of the grey with this L*
// One invocation writes one position in all channels.
#include "../lib/lab.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/luminance-input.ts
const CHANNELS: u32 = 1u;
const SCALE: f32 = 0.02;
const OFFSET: f32 = -1.0;
const IN_W: u32 = 1u;         // of src
const IN_H: u32 = 1u;
const PADDED_W: u32 = 1u;       // of dst
const PADDED_H: u32 = 1u;

@group(0) @binding(0) var<storage, read> src: array<f32>;         // [IN_H, IN_W], L*
@group(0) @binding(1) var<storage, read_write> dst: array<elem>;  // [CHANNELS, PADDED_H, PADDED_W]

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= PADDED_W || id.y >= PADDED_H) { return; }
  let x = min(id.x, IN_W - 1u);
  let y = min(id.y, IN_H - 1u);
  let lightness = src[y * IN_W + x];
#if GREY
  let value = linear_to_srgb(vec3(grey_luminance(lightness))).x * SCALE + OFFSET;
#else
  let value = lightness * SCALE + OFFSET;
#endif
  let plane = PADDED_W * PADDED_H;
  for (var c = 0u; c < CHANNELS; c++) {
    dst[c * plane + id.y * PADDED_W + id.x] = elem(value);
  }
}
