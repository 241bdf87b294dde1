// Winograd's input transform of NHWC images: dst[t] = B^T d B of each channel, where d is the POINTS x POINTS pixels
// under tile t of OUTPUTS x OUTPUTS output pixels, 0 outside the (enlarged) image. Tiles go along x, then y, then images.
// One invocation transforms one unit of one tile: a channel, or four.
#include "../lib/linear.wgsl"
#include "../lib/winograd.wgsl"
alias unit = f32;               // defaults; set by src/kernels/conv/winograd-transforms.ts
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const UP_Y: i32 = 1;            // integer factors by which src is upsampled first (nearest)
const UP_X: i32 = 1;
const IN_UNITS: u32 = 4u;       // units of a pixel
const UNITS: u32 = 4u;          // units of a transformed pixel, of which those past IN_UNITS are 0
const TILES_Y: u32 = 1u;        // tiles of one image
const TILES_X: u32 = 1u;
const FIRST_TILE: u32 = 0u;     // the first tile of this dispatch
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;

@group(0) @binding(0) var<storage, read> src: array<unit>;          // [batch, IN_H, IN_W, IN_UNITS]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;    // [tiles, POINTS, POINTS, UNITS]

fn load(image: i32, y: i32, x: i32, c: u32) -> wide {
  let inside = y >= 0 && y < IN_H * UP_Y && x >= 0 && x < IN_W * UP_X && c < IN_UNITS;
  let at = u32((image * IN_H + y / UP_Y) * IN_W + x / UP_X) * IN_UNITS + c;
  return select(wide(), wide(src[select(0u, at, inside)]), inside);
}

fn row(n: i32, y: i32, x: i32, c: u32) -> points {
#if F2K3
  return input_transform(points(
    load(n, y, x, c), load(n, y, x + 1, c), load(n, y, x + 2, c), load(n, y, x + 3, c)));
#elif F2K4
  return input_transform(points(
    load(n, y, x, c), load(n, y, x + 1, c), load(n, y, x + 2, c), load(n, y, x + 3, c), load(n, y, x + 4, c)));
#else
  return input_transform(points(
    load(n, y, x, c), load(n, y, x + 1, c), load(n, y, x + 2, c), load(n, y, x + 3, c), load(n, y, x + 4, c),
    load(n, y, x + 5, c)));
#endif
}

// Transforms column `x` of the transformed rows and stores it.
fn column(tile: u32, x: u32, c: u32, rows: points) {
  let value = input_transform(rows);
  let first = (tile * POINTS * POINTS + x) * UNITS + c;
  for (var y = 0u; y < POINTS; y++) {
    dst[first + y * POINTS * UNITS] = unit(value[y]);
  }
}

fn run(index: u32) {
  let tile = index / UNITS;
  let c = index % UNITS;
  let t = FIRST_TILE + tile;
  let n = i32(t / (TILES_X * TILES_Y));
  let y = i32(t / TILES_X % TILES_Y * OUTPUTS) - PAD_TOP;
  let x = i32(t % TILES_X * OUTPUTS) - PAD_LEFT;
  let r0 = row(n, y, x, c);
  let r1 = row(n, y + 1, x, c);
  let r2 = row(n, y + 2, x, c);
  let r3 = row(n, y + 3, x, c);
#if F2K3
  column(tile, 0u, c, points(r0[0], r1[0], r2[0], r3[0]));
  column(tile, 1u, c, points(r0[1], r1[1], r2[1], r3[1]));
  column(tile, 2u, c, points(r0[2], r1[2], r2[2], r3[2]));
  column(tile, 3u, c, points(r0[3], r1[3], r2[3], r3[3]));
#elif F2K4
  let r4 = row(n, y + 4, x, c);
  column(tile, 0u, c, points(r0[0], r1[0], r2[0], r3[0], r4[0]));
  column(tile, 1u, c, points(r0[1], r1[1], r2[1], r3[1], r4[1]));
  column(tile, 2u, c, points(r0[2], r1[2], r2[2], r3[2], r4[2]));
  column(tile, 3u, c, points(r0[3], r1[3], r2[3], r3[3], r4[3]));
  column(tile, 4u, c, points(r0[4], r1[4], r2[4], r3[4], r4[4]));
#else
  let r4 = row(n, y + 4, x, c);
  let r5 = row(n, y + 5, x, c);
  column(tile, 0u, c, points(r0[0], r1[0], r2[0], r3[0], r4[0], r5[0]));
  column(tile, 1u, c, points(r0[1], r1[1], r2[1], r3[1], r4[1], r5[1]));
  column(tile, 2u, c, points(r0[2], r1[2], r2[2], r3[2], r4[2], r5[2]));
  column(tile, 3u, c, points(r0[3], r1[3], r2[3], r3[3], r4[3], r5[3]));
  column(tile, 4u, c, points(r0[4], r1[4], r2[4], r3[4], r4[4], r5[4]));
  column(tile, 5u, c, points(r0[5], r1[5], r2[5], r3[5], r4[5], r5[5]));
#endif
}
