/** Records whether a device was lost, with one callback per device. */

/** The state of a device: working or lost. */
export interface DeviceLoss {
  /** Why the device was lost, in its own words; undefined while it works. */
  reason?: string;
}

const known = new WeakMap<GPUDevice, DeviceLoss>();

/**
 * The record of this device. Each device has one callback, which references the record alone: `device.lost` may never
 * settle, and then keeps its callbacks and everything that they reference alive as long as the device.
 */
export function lossOf(device: GPUDevice): DeviceLoss {
  let loss = known.get(device);
  if (!loss) known.set(device, (loss = observe(device.lost)));
  return loss;
}

function observe(lost: Promise<GPUDeviceLostInfo>): DeviceLoss {
  const loss: DeviceLoss = {};
  void lost.then((info) => (loss.reason = info.message || info.reason));
  return loss;
}

/** lossOf() after an error: the loss may be reported a moment after the errors that it causes. */
export async function lossAfterError(device: GPUDevice): Promise<DeviceLoss> {
  const loss = lossOf(device);
  if (loss.reason === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  return loss;
}
