/** A device that goes wrong once, at a chosen call. */

/**
 * invalid group: a bind group that the device refuses when it is used, and not before.
 * refused submit, write, upload: the device refuses the command, and drops it. dropped submit: it does nothing, and nobody says so.
 */
export const FAULTS = ["invalid group", "refused submit", "refused write", "refused upload", "dropped submit"] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultyDevice {
  /** The call of this index, counted from now, goes wrong. */
  arm(fault: Fault, index: number): void;
  /** Calls since arm() that could have gone wrong, and whether one did. */
  readonly calls: number;
  readonly fired: boolean;
}

export function faulty(device: GPUDevice): FaultyDevice {
  const { queue } = device;
  const createBindGroup = device.createBindGroup.bind(device);
  const submit = queue.submit.bind(queue);
  const writeBuffer = queue.writeBuffer.bind(queue);
  const writeTexture = queue.writeTexture.bind(queue);
  let armed: { fault: Fault; index: number } | undefined;
  const state = { calls: 0, fired: false };
  const goesWrong = (fault: Fault): boolean => {
    if (armed?.fault !== fault || state.calls++ !== armed.index) return false;
    return (state.fired = true);
  };
  /** Makes something invalid whose own error nobody sees. */
  const quietly = <T>(make: () => T): T => {
    device.pushErrorScope("validation");
    const made = make();
    void device.popErrorScope();
    return made;
  };
  device.createBindGroup = (descriptor) =>
    goesWrong("invalid group")
      ? quietly(() => createBindGroup({ layout: descriptor.layout, entries: [] }))
      : createBindGroup(descriptor);
  queue.submit = (buffers) => {
    if (goesWrong("dropped submit")) return undefined;
    if (!goesWrong("refused submit")) return submit(buffers);
    const invalid = quietly(() => {
      const encoder = device.createCommandEncoder();
      encoder.popDebugGroup();
      return encoder.finish();
    });
    return submit([invalid]);
  };
  queue.writeBuffer = (buffer: GPUBuffer, offset: number, ...rest: [never]) =>
    writeBuffer(buffer, goesWrong("refused write") ? buffer.size + 4 : offset, ...rest);
  queue.writeTexture = (to, data, layout, size) =>
    writeTexture(
      { ...to, ...(goesWrong("refused upload") && { mipLevel: 99 }) },
      data as Uint8Array<ArrayBuffer>,
      layout,
      size as GPUExtent3DStrict,
    );
  return {
    arm(fault, index) {
      armed = { fault, index };
      Object.assign(state, { calls: 0, fired: false });
    },
    get calls() {
      return state.calls;
    },
    get fired() {
      return state.fired;
    },
  };
}
