import { expect, it, vi } from "vitest";
import { CommandScope } from "../../src/gpu/command-scope";
import { finish } from "../../src/base/pacer";
import { keyed, WeightStore } from "../../src/gpu/weight-store";
import { Pacer } from "../../src/base/pacer";
import { randoms } from "../shared/randoms";
import { testDevice } from "../gpu";

it("reserves room once for equal keys, and reads the content when it fills", async () => {
  const device = await testDevice();
  const store = new WeightStore(device, "f32");
  const read = vi.fn(() => randoms(8, 1));
  const content = {
    key: "w",
    get data() {
      return read();
    },
  };
  const request = { name: "w", content, packing: { layout: "pad", length: 8 } } as const;
  const { ranges, made, fill } = store.reserve(finish(keyed([request, request])));
  expect(made.length).toBe(1);
  expect(ranges[0]).toBe(ranges[1]);
  expect(read).not.toHaveBeenCalled();
  await fill(new Pacer(), new CommandScope(device, { where: "test" }));
  expect(read).toHaveBeenCalledTimes(1);
  expect(store.reserve(finish(keyed([request]))).made).toEqual([]);
  expect(store.reserve(finish(keyed([{ ...request, content: { key: "v", data: randoms(8, 2) } }]))).made.length).toBe(
    1,
  );
  store.destroy();
});
