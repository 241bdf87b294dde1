/** WebGPU in Node: Dawn (npm package `webgpu`) on a real GPU, else on the software driver from npm. */
import { constants as osConstants } from "node:os";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DeviceError } from "../base/errors";
import { adapterOf, deviceOf, type DeviceOptions } from "../gpu/device";
import { adapterClass } from "../graph/lower/conv-choice";
import { loadWebgpu } from "./peer";
import { rested } from "./rest";
import { softwareDriver } from "./software-driver";

/** auto: the system's driver, else SwiftShader. system: only the system's driver. swiftshader: only SwiftShader. */
export type NodeAdapter = "auto" | "system" | "swiftshader";

export interface NodeDeviceOptions extends DeviceOptions {
  /** Default: the environment's COLORIZE_ADAPTER, else "auto". */
  readonly adapter?: NodeAdapter;
}

// Keeps GPU objects alive, because a garbage-collected one crashes the process; each driver is opened once.
const instances = ((globalThis as { __colorizeCanvasGpu?: Map<string, GPU> }).__colorizeCanvasGpu ??= new Map());

async function instance(kind: "system" | "swiftshader"): Promise<GPU> {
  const { create, globals } = await loadWebgpu();
  let gpu = instances.get(kind);
  if (!gpu) {
    Object.assign(globalThis, globals);
    gpu = create([]) as GPU;
    instances.set(kind, gpu);
  }
  return gpu;
}

/** Whether the environment already selects Vulkan drivers. */
function driverChosen(): boolean {
  return Boolean(process.env["VK_ICD_FILENAMES"] ?? process.env["VK_DRIVER_FILES"]);
}

/**
 * A WebGPU device in Node. Prefers a real GPU; without one it falls back to SwiftShader from the npm package
 * `@sparticuz/chromium`, which is unpacked once into the user's cache folder. Throws DeviceError when no adapter works.
 */
export async function requestNodeDevice(options: NodeDeviceOptions = {}): Promise<GPUDevice> {
  const wanted = options.adapter ?? ((process.env["COLORIZE_ADAPTER"] || "auto") as NodeAdapter);
  if (!["auto", "system", "swiftshader"].includes(wanted))
    throw new DeviceError({
      where: "requestNodeDevice",
      expected: "adapter auto, system or swiftshader",
      received: String(wanted),
      hint: "Unset COLORIZE_ADAPTER or pass another adapter.",
    });
  if (wanted !== "swiftshader") {
    const adapter = await adapterOf(await instance("system"), options);
    if (adapter) return open(adapter, options);
  }
  if (wanted !== "system") {
    await useSwiftShader();
    const adapter = await adapterOf(await instance("swiftshader"), options);
    if (adapter) return open(adapter, options);
  }
  throw new DeviceError({
    where: "requestNodeDevice",
    expected: "a WebGPU adapter",
    received: "none",
    hint:
      wanted === "system"
        ? "Install a Vulkan driver, or use adapter: 'auto' to fall back to software."
        : "Install @sparticuz/chromium 147.0.0, whose package holds the software driver, or a Vulkan driver.",
  });
}

async function open(adapter: GPUAdapter, options: NodeDeviceOptions): Promise<GPUDevice> {
  const device = await deviceOf(adapter, options);
  return adapterClass(device.adapterInfo).kind === "cpu" ? rested(device) : device;
}

/** Makes Vulkan use SwiftShader. Without a system's Vulkan loader, loads the one beside the driver into memory for Dawn. */
async function useSwiftShader(): Promise<void> {
  if (driverChosen()) return;
  const folder = await softwareDriver();
  process.env["VK_ICD_FILENAMES"] = join(folder, "vk_swiftshader_icd.json");
  const loader = join(folder, "libvulkan.so.1");
  if (process.platform !== "linux" || !existsSync(loader)) return;
  // Not a Node addon, so dlopen throws after loading it; RTLD_NODELETE (0x1000) keeps it loaded, and a
  // later dlopen("libvulkan.so.1") by Dawn finds it by that name where the system has none.
  const { RTLD_NOW, RTLD_GLOBAL } = osConstants.dlopen;
  try {
    process.dlopen({ exports: {} }, loader, RTLD_NOW | RTLD_GLOBAL | 0x1000);
  } catch {
    // Expected: "Module did not self-register".
  }
}
