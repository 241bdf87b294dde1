/**
 * While anything of a device is awaited, Node's `webgpu` asks the driver in every turn of the event loop, without a pause.
 * That takes a processor core from a driver in software, which needs all of them: here such turns last a millisecond.
 */

/** Milliseconds of rest in a turn that had nothing else to do. */
const REST = 1;
/** A turn that took longer had something else to do. */
const IDLE = 1;

const nobody = new Int32Array(new SharedArrayBuffer(4));
let awaited = 0;
let turning = false;
let since = 0;

function turn(): void {
  if (performance.now() - since < IDLE) Atomics.wait(nobody, 0, 0, REST);
  since = performance.now();
  turning = awaited > 0;
  if (turning) setImmediate(turn);
}

function resting<T>(work: Promise<T>): Promise<T> {
  awaited++;
  const end = (): void => void awaited--;
  work.then(end, end);
  if (!turning) setImmediate(turn);
  turning = true;
  return work;
}

/** Makes what this method gives awaited with rests. */
function rest<K extends string>(target: Record<K, (...given: never[]) => Promise<unknown>>, method: K): void {
  const call = target[method].bind(target);
  target[method] = (...given) => resting(call(...given));
}

/** The device itself, which from now on is awaited with rests. For drivers in software. */
export function rested(device: GPUDevice): GPUDevice {
  rest(device, "createComputePipelineAsync");
  rest(device, "popErrorScope");
  rest(device.queue, "onSubmittedWorkDone");
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    if (descriptor.usage & GPUBufferUsage.MAP_READ) rest(buffer, "mapAsync");
    return buffer;
  };
  return device;
}
