// Gathers the elements of src that an output pixel reads, four channels at a time. src/kernels/conv/gather.ts sets the constants.
#include "window.wgsl"
#include "conv-epilogue.wgsl"
#include "conv-mac.wgsl"
const PIXELS: u32 = 1u;         // batch * OUT_H * OUT_W
const IN_C4: u32 = 1u;          // channels of src / 4
const SRC_FIRST4: u32 = 0u;     // the first of them that is read
const GROUP_IN_C4: u32 = 1u;    // input channels of one group / 4
const GROUP_OUT_C: u32 = 8u;    // output channels of one group
const GROUP_TILES: u32 = 1u;    // workgroups along them
const TAPS: u32 = 1u;           // KERNEL_H * KERNEL_W

@group(0) @binding(0) var<storage, read> src: array<elem4>;   // [batch*IN_H*IN_W, IN_C4]

// Where the window of an output pixel starts: (first pixel of its image, y, x).
fn window(pixel: u32) -> vec3<i32> {
  return window_at(place(min(pixel, PIXELS - 1u)));
}

// Input channels 4*k to 4*k+3 of a group; zero outside the image and past the last channel.
fn load_src(pixel: i32, group: u32, k: u32) -> factor4 {
  let value = factor4(src[u32(max(pixel, 0)) * IN_C4 + SRC_FIRST4 + group * GROUP_IN_C4 + k]);
  return select(factor4(), value, pixel >= 0 && k < GROUP_IN_C4);
}
