/** What an adapter says of itself, as plain data. */
import { infoOf } from "../environment";
import type { DeviceRow } from "../rows";

export interface AdapterFacts extends Pick<DeviceRow, "info" | "features" | "limits"> {
  /** Whether it is a software driver. */
  readonly software: boolean;
}

export function adapterFacts(adapter: GPUAdapter): AdapterFacts {
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
    software: isSoftware(Object.values(info).join(" ")),
  };
}

/** Whether an adapter of this name or description is a software driver. */
export function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe/i.test(name);
}
