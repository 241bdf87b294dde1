import { expect, it } from "vitest";
import { pool2d } from "../../src/kernels/pool2d";
import { cases as pool2dCases } from "../reference/ops/pool";
import { describeCases } from "./check-case";

describeCases("pool2d", pool2dCases);

it("refuses negative pads and empty kernels", () => {
  const params = {
    batch: 1,
    inHeight: 4,
    inWidth: 4,
    channels: 4,
    outHeight: 2,
    outWidth: 2,
    kernel: [2, 2],
    strides: [2, 2],
    dilations: [1, 1],
    padTop: 0,
    padLeft: 0,
    padBottom: 0,
    padRight: 0,
    kind: "max",
    countIncludePad: false,
    elem: "f32",
  } as const;
  expect(() => pool2d.plan(params)).not.toThrow();
  expect(() => pool2d.plan({ ...params, padLeft: -1 })).toThrow(/pads to be integers of at least 0/);
  expect(() => pool2d.plan({ ...params, kernel: [0, 2] })).toThrow(/kernel to be positive/);
});
