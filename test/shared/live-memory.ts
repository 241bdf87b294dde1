/** Counts what a device has allocated and not yet freed, to find leaks. */

/** Wraps createBuffer and createTexture of this device; returns how many are alive. */
export function trackLive(device: GPUDevice): () => number {
  const live = new Set<object>();
  const watch = <T extends { destroy(): undefined }>(resource: T): T => {
    live.add(resource);
    const destroy = resource.destroy.bind(resource);
    resource.destroy = () => {
      live.delete(resource);
      return destroy();
    };
    return resource;
  };
  const { createBuffer, createTexture } = device;
  device.createBuffer = (descriptor) => watch(createBuffer.call(device, descriptor));
  device.createTexture = (descriptor) => watch(createTexture.call(device, descriptor));
  return () => live.size;
}
