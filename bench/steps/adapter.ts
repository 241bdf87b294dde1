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
    software: softwareDriverName(Object.values(info).join(" ")) !== undefined,
  };
}

/** The software driver that an adapter's name or description names; undefined for a GPU. */
export function softwareDriverName(name: string): string | undefined {
  return /swiftshader|llvmpipe|lavapipe/i.exec(name)?.[0];
}
