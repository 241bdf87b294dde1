/** Requests a device with the features and limits that this engine can use. */
import { DeviceError } from "../base/errors";

/** Limits worth raising where the adapter offers more than the WebGPU default. */
const WANTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxTextureDimension2D",
] as const;

const WANTED_FEATURES: readonly GPUFeatureName[] = ["shader-f16", "subgroups", "timestamp-query"];

export interface DeviceOptions {
  /** Request WebGPU's default limits and no optional features, which every adapter supports. */
  readonly defaultLimits?: boolean;
  readonly powerPreference?: GPUPowerPreference;
}

/** A device of `gpu` (default: the browser's `navigator.gpu`). Throws DeviceError, with what to do, where there is none. */
export async function requestDevice(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  options: DeviceOptions = {},
): Promise<GPUDevice> {
  if (!gpu)
    throw none(
      "WebGPU (navigator.gpu)",
      "Use a browser with WebGPU over https or localhost; in Node pass the `device` that requestNodeDevice() of colorize-canvas/node gives.",
    );
  const adapter = await adapterOf(gpu, options);
  if (!adapter)
    throw none(
      "a WebGPU adapter",
      "Turn on hardware acceleration in the browser's settings, or update the graphics driver.",
    );
  return deviceOf(adapter, options);
}

function none(expected: string, hint: string): DeviceError {
  return new DeviceError({ where: "requestDevice", expected, received: "none", hint });
}

/** The result of requestAdapter(). Throws DeviceError where that rejects, as it does when the browser's GPU process has crashed. */
export async function adapterOf(gpu: GPU, { powerPreference }: DeviceOptions): Promise<GPUAdapter | null> {
  try {
    return await gpu.requestAdapter({ powerPreference: powerPreference ?? "high-performance" });
  } catch (cause) {
    throw new DeviceError({
      where: "requestAdapter",
      expected: "a WebGPU adapter",
      received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      hint: "Reload the page or start the program again, or update the graphics driver.",
      cause,
    });
  }
}

/** A device of this adapter, with the features and limits the engine can use. Throws DeviceError. */
export async function deviceOf(adapter: GPUAdapter, options: DeviceOptions = {}): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(descriptorFor(adapter, options));
  } catch (cause) {
    throw new DeviceError({
      where: "requestDevice",
      expected: "a device of the WebGPU adapter",
      received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      hint:
        "Reload the page or start the program again, close others that use the GPU, or update the graphics driver" +
        (options.defaultLimits ? "." : "; requestDevice's option defaultLimits asks for less."),
      cause,
    });
  }
}

function descriptorFor(adapter: GPUAdapter, options: DeviceOptions): GPUDeviceDescriptor {
  if (options.defaultLimits) return { label: "colorize-canvas, default limits" };
  const requiredLimits: Record<string, number> = {};
  for (const limit of WANTED_LIMITS) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  return { label: "colorize-canvas", requiredLimits, requiredFeatures };
}

/** "vendor architecture description" of a device's adapter, for reports. */
export function describeDevice(device: GPUDevice): string {
  const info = device.adapterInfo;
  const words = [info.vendor, info.architecture, info.device, info.description].filter(Boolean);
  return [...new Set(words)].join(" ") || "unknown adapter";
}
