// A network's input: L* scaled, repeated over channels, its last row and column repeated into the padding.
//   dst[c, y, x] = src[min(y, height - 1), min(x, width - 1)] * SCALE + OFFSET
// One invocation writes one position in all channels.
alias elem = f32;               // defaults; set by src/kernels/luminance-input.ts
const CHANNELS: u32 = 1;
const SCALE: f32 = 0.02;
const OFFSET: f32 = -1.0;

struct Params {
  width: u32,
  height: u32,
  padded_width: u32,
  padded_height: u32,
}

@group(0) @binding(0) var<storage, read> src: array<f32>;         // [height, width], L*
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> dst: array<elem>;  // [CHANNELS, padded_height, padded_width]

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.padded_width || id.y >= params.padded_height) { return; }
  let x = min(id.x, params.width - 1u);
  let y = min(id.y, params.height - 1u);
  let value = src[y * params.width + x] * SCALE + OFFSET;
  let plane = params.padded_width * params.padded_height;
  for (var c = 0u; c < CHANNELS; c++) {
    dst[c * plane + id.y * params.padded_width + id.x] = elem(value);
  }
}
