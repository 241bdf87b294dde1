import { expect, it } from "vitest";
import { convFlat, rowLength } from "../../../src/kernels/conv/flat";
import type { WindowParams } from "../../../src/kernels/window";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel, testDevice } from "../../gpu";
import { convCase } from "../../shared/conv-cases";

/** Rows of what lies under each window, tap by tap, then zeros. */
function reference(p: WindowParams, src: Float32Array): Float32Array {
  const row = rowLength(p);
  const dst = new Float32Array(p.batch * p.outHeight * p.outWidth * row);
  let pixel = 0;
  for (let n = 0; n < p.batch; n++)
    for (let oy = 0; oy < p.outHeight; oy++)
      for (let ox = 0; ox < p.outWidth; ox++, pixel++)
        for (let at = 0; at < p.kernel[0] * p.kernel[1] * p.inChannels; at++) {
          const tap = Math.floor(at / p.inChannels);
          const y = oy * p.strides[0] - p.padTop + Math.floor(tap / p.kernel[1]) * p.dilations[0];
          const x = ox * p.strides[1] - p.padLeft + (tap % p.kernel[1]) * p.dilations[1];
          if (y < 0 || y >= p.inHeight || x < 0 || x >= p.inWidth) continue;
          dst[pixel * row + at] = src[((n * p.inHeight + y) * p.inWidth + x) * p.inChannels + (at % p.inChannels)]!;
        }
  return dst;
}

it.each([
  convCase("1 channel", [5, 7, 1], [3, 3], 1),
  convCase("3 channels, stride 2, valid", [7, 9, 3], [3, 3], 1, { strides: [2, 2], pads: [0, 0], out: [3, 4] }),
  convCase("2 channels, batch 2", [4, 5, 2], [2, 4], 1, { batch: 2, dilations: [3, 1], pads: [4, 2], out: [9, 3] }),
])("convFlat: $name", async ({ params }) => {
  const plan = convFlat.plan(params);
  const src = randoms(params.batch * params.inHeight * params.inWidth * params.inChannels, 1);
  const expected = reference(params, src);
  const device = await testDevice();
  const { dst } = await runKernel(device, convFlat as never, plan, "f32", { src }, { dst: expected.length });
  expectClose(dst!, expected, { abs: 0 });
});

it("rows are whole vec4", () => {
  expect(rowLength(convCase("", [4, 4, 1], [3, 3], 1).params)).toBe(12);
  expect(rowLength(convCase("", [4, 4, 3], [3, 3], 1).params)).toBe(28);
  expect(rowLength(convCase("", [4, 4, 2], [2, 2], 1).params)).toBe(8);
});
