// Which elements of src an output pixel reads, four channels at a time; set by src/kernels/conv-gather.ts.
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const IN_C4: u32 = 1u;          // channels of src / 4
const SRC_FIRST4: u32 = 0u;     // the first of them that is read
const GROUP_IN_C4: u32 = 1u;    // input channels of one group / 4
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const GROUP_OUT_C: u32 = 8u;    // output channels of one group
const GROUP_TILES: u32 = 1u;    // workgroups along them
const KERNEL_H: u32 = 1u;
const KERNEL_W: u32 = 1u;
const STRIDE_Y: i32 = 1;
const STRIDE_X: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const DILATION_Y: i32 = 1;
const DILATION_X: i32 = 1;

@group(0) @binding(0) var<storage, read> src: array<elem4>;   // [batch*IN_H*IN_W, IN_C4]

// Where the window of an output pixel starts: (first pixel of its image, y, x).
fn window(pixel: u32) -> vec3<i32> {
  let p = min(pixel, PIXELS - 1u);
  let image = i32(p / (OUT_W * OUT_H)) * IN_H * IN_W;
  return vec3<i32>(image, i32(p / OUT_W % OUT_H) * STRIDE_Y - PAD_TOP, i32(p % OUT_W) * STRIDE_X - PAD_LEFT);
}

// The input pixel under a tap; negative outside the image.
fn under(start: vec3<i32>, ky: u32, kx: u32) -> i32 {
  let y = start.y + i32(ky) * DILATION_Y;
  let x = start.z + i32(kx) * DILATION_X;
  return select(-1, start.x + y * IN_W + x, y >= 0 && y < IN_H && x >= 0 && x < IN_W);
}

// Input channels 4*k to 4*k+3 of a group; zero outside the image and past the last channel.
fn load_src(pixel: i32, group: u32, k: u32) -> factor4 {
  let value = factor4(src[u32(max(pixel, 0)) * IN_C4 + SRC_FIRST4 + group * GROUP_IN_C4 + k]);
  return select(factor4(), value, pixel >= 0 && k < GROUP_IN_C4);
}
