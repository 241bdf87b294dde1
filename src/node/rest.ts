/**
 * Reduces polling. While a promise of a device is pending, Node's `webgpu` polls the driver in every turn of the event loop
 * without a pause. That takes a processor core from a software driver, so such turns wait for a millisecond here.
 */

/** Milliseconds that an idle turn waits. */
const REST = 1;
/** A turn that took more milliseconds than this was not idle. */
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

/** Wraps a method so that idle turns wait while its promise is pending. */
function rest<K extends string>(target: Record<K, (...given: never[]) => Promise<unknown>>, method: K): void {
  const call = target[method].bind(target);
  target[method] = (...given) => resting(call(...given));
}

/** Wraps the methods of `device` that return promises, and returns it. For software drivers. */
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
