/** Whether a device was lost, without a callback for everyone who wants to know. */

/** What is known of a device's end. */
export interface DeviceLoss {
  /** The device's own words; undefined while it works. */
  reason?: string;
}

const known = new WeakMap<GPUDevice, DeviceLoss>();

/**
 * The record of this device. There is one callback a device, which holds the record and nothing else: a promise that
 * never settles keeps its callbacks, and all that they can reach, as long as the device lives.
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

/** The same once something failed: the news of the loss may come a moment after the errors it causes. */
export async function lossAfterError(device: GPUDevice): Promise<DeviceLoss> {
  const loss = lossOf(device);
  if (loss.reason === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  return loss;
}
