/** Submits that a driver drops without a word are noticed. */
import { expect, it } from "vitest";
import { CommandScope } from "../../src/gpu/command-scope";
import { requestNodeDevice } from "../../src/node/device";
import { trackLive } from "../shared/live-memory";

it("counts the submits without effect, of any number of them, and frees what it needs for that", async () => {
  const device = await requestNodeDevice();
  const live = trackLive(device);
  const submit = device.queue.submit.bind(device.queue);
  const scope = new CommandScope(device, { where: "a test" });
  const submits = (count: number, dropped: readonly number[]): void =>
    scope.run(() => {
      for (let i = 0; i < count; i++) {
        device.queue.submit = dropped.includes(i) ? () => undefined : submit;
        scope.submit(device.createCommandEncoder());
      }
    });
  submits(200, []);
  await scope.check();
  submits(200, [0, 64, 199]);
  submits(3, []);
  await expect(scope.check()).rejects.toThrow(/^a test: expected that .*, received 3 submits without effect\. Update/);
  submits(1, [0]);
  await expect(scope.check()).rejects.toThrow(/received 1 submit without effect/);
  submits(1, []);
  await scope.check();
  expect(live()).toBe(0);
  device.destroy();
});
