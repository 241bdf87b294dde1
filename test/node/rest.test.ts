import { expect, it } from "vitest";
import { rested } from "../../src/node/rest";
import { testDevice } from "../gpu";

/** A device whose work takes as long as the test wants. */
function slowDevice(work: () => Promise<unknown>): GPUDevice {
  const buffer = () => ({ mapAsync: work });
  const device = { createComputePipelineAsync: work, popErrorScope: work, createBuffer: buffer };
  return { ...device, queue: { onSubmittedWorkDone: work } } as unknown as GPUDevice;
}

const after = (milliseconds: number): Promise<string> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, "done"));

/** Turns of the event loop until `work` is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let going = true;
  const count = (): void => {
    turns++;
    if (going) setImmediate(count);
  };
  setImmediate(count);
  await work;
  going = false;
  return turns;
}

it("rests while the device is awaited, whichever of its promises it is, and no longer", async () => {
  await testDevice(); // for GPUBufferUsage
  const device = rested(slowDevice(() => after(100)));
  const busy = await turnsDuring(after(100));
  const readable = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ });
  for (const work of [
    () => device.queue.onSubmittedWorkDone(),
    () => device.popErrorScope(),
    () => device.createComputePipelineAsync({} as GPUComputePipelineDescriptor),
    () => readable.mapAsync(GPUMapMode.READ),
  ])
    expect(await turnsDuring(work())).toBeLessThan(110);
  // Its own timers and immediates run at full speed again.
  expect(await turnsDuring(after(100))).toBeGreaterThan(Math.min(1000, busy / 10));
});

it("hands on what the device says, and rests for none of several that ended", async () => {
  const results = [Promise.resolve("fine"), Promise.reject(new Error("refused"))];
  const device = rested(slowDevice(() => results.shift()!));
  expect(await device.popErrorScope()).toBe("fine");
  await expect(device.popErrorScope()).rejects.toThrow("refused");
  expect(await turnsDuring(after(50))).toBeGreaterThan(200);
});

it("is how drivers in software are awaited, and not other devices", async () => {
  const device = await testDevice();
  const software = /swiftshader|llvmpipe/i.test(`${device.adapterInfo.architecture} ${device.adapterInfo.description}`);
  expect(Object.hasOwn(device, "popErrorScope")).toBe(software);
});
