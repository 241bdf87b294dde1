/** Devices of OnDevice that cannot be used are freed. */
import { expect, it } from "vitest";
import { Watchdog } from "../../src/base/watchdog";
import { OnDevice } from "../../src/gpu/on-device";

/** A device that can be lost only by destroy(). */
class Device {
  destroyed = false;
  readonly adapterInfo = {};
  #lose!: (info: { message: string; reason: string }) => void;
  readonly lost = new Promise((resolve) => (this.#lose = resolve));

  destroy(): void {
    this.destroyed = true;
    this.#lose({ message: "", reason: "destroyed" });
  }
}

it("a device that is lost during a load, and the next one, on which the load fails, are freed", async () => {
  const devices: Device[] = [];
  const opening = OnDevice.open(
    {
      device: async () => devices[devices.push(new Device()) - 1] as unknown as GPUDevice,
      where: "test",
      watchdog: new Watchdog("test", Infinity),
      open: async (device) => {
        if (devices.length === 1) device.destroy();
        throw new Error(`no memory on device ${devices.length}`);
      },
      replaced: () => undefined,
    },
    undefined,
  );
  await expect(opening).rejects.toThrow("no memory on device 2");
  expect(devices.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});
