// A window that slides over NHWC images: finds the pixel of src under each tap. windowSizes() of
// src/kernels/window.ts sets the constants.
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const OUT_H: u32 = 2u;
const OUT_W: u32 = 2u;
const KERNEL_H: u32 = 1u;
const KERNEL_W: u32 = 1u;
const STRIDE_Y: i32 = 1;
const STRIDE_X: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const DILATION_Y: i32 = 1;
const DILATION_X: i32 = 1;
const CHECK_EDGES: bool = true; // whether any tap can fall outside the image

// (image, y, x) of an output pixel.
fn place(pixel: u32) -> vec3<u32> {
  return vec3<u32>(pixel / (OUT_W * OUT_H), (pixel / OUT_W) % OUT_H, pixel % OUT_W);
}

// Where the window of the output pixel at (image, y, x) starts: (first pixel of its image, y, x).
fn window_at(pixel: vec3<u32>) -> vec3<i32> {
  let at = vec3<i32>(pixel);
  return vec3<i32>(at.x * IN_H * IN_W, at.y * STRIDE_Y - PAD_TOP, at.z * STRIDE_X - PAD_LEFT);
}

// The input pixel under a tap; negative outside the image.
fn under(start: vec3<i32>, ky: u32, kx: u32) -> i32 {
  let y = start.y + i32(ky) * DILATION_Y;
  let x = start.z + i32(kx) * DILATION_X;
  let index = start.x + y * IN_W + x;
  if (CHECK_EDGES) { return select(-1, index, y >= 0 && y < IN_H && x >= 0 && x < IN_W); }
  return index;
}
