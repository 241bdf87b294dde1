/** A process that prints the first adapter's info, features and limits as JSON, or the reason why there is none, with exit code 3. */
import { create, globals } from "webgpu";
import { infoOf } from "../environment";
import type { DeviceRow } from "../rows";

export interface Probe extends Pick<DeviceRow, "info" | "features" | "limits"> {
  /** Whether it is a software driver. */
  readonly software: boolean;
}

async function probe(): Promise<Probe | undefined> {
  Object.assign(globalThis, globals);
  const gpu = create([]) as GPU;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") limits[name] = value;
  }
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  const info = infoOf(adapter.info);
  return {
    info,
    features: [...adapter.features].toSorted(),
    limits: { ...limits, ...(subgroupMinSize && { subgroupMinSize, subgroupMaxSize }) },
    software: /swiftshader|llvmpipe|lavapipe/i.test(Object.values(info).join(" ")),
  };
}

const found = await probe().catch((error: unknown) => String(error));
if (typeof found === "object") process.stdout.write(JSON.stringify(found));
else process.stderr.write(found ?? "this driver offers no adapter");
process.exit(typeof found === "object" ? 0 : 3);
