/** The services that a suite needs from its host, Node or a page. */
import type { Elem } from "../src/kernels/kernel";
import type { Contender } from "./contenders";
import type { UnplacedRow, MemorySample, Message, Row, Where } from "./rows";

/** The services that differ between Node and a page. */
export interface Host {
  readonly where: Where;
  /** A device of the adapter under test; the same one for every call. */
  device(): Promise<GPUDevice>;
  /** A file of the model's folder. */
  read(path: string): Promise<Uint8Array>;
  /** All contenders that run here, the reference first. */
  readonly contenders: readonly Contender[];
  /** Processor milliseconds of all threads but the main one, so far; NaN where that is not known. */
  cpuMilliseconds(): number;
  /** MiB in use now, where that is known. */
  memory?(): Promise<Pick<MemorySample, "process" | "gpu">>;
  send(message: Message): Promise<void>;
}

/** A host whose rows include where they were measured. */
export interface Environment extends Required<Omit<Host, "send" | "device">> {
  /** Throws where the adapter has no such storage type. */
  device(elem?: Elem): Promise<GPUDevice>;
  /** Reports that a task starts or continues; `failure` becomes its row if no further message arrives. */
  begin(key: string, failure: UnplacedRow): Promise<void>;
  /** Reports the rows of a task so far; see Message. */
  draft(key: string, rows: readonly UnplacedRow[]): Promise<void>;
  rows(key: string, rows: readonly UnplacedRow[]): Promise<void>;
}

export async function environmentOf(host: Host): Promise<Environment> {
  const device = await host.device();
  const info = infoOf(device.adapterInfo);
  await host.send({ type: "adapter", info });
  const adapter = nameOf(info);
  const placed = (row: UnplacedRow): Row => ({ ...row, where: host.where, adapter }) as Row;
  return {
    where: host.where,
    read: (path) => host.read(path),
    contenders: host.contenders,
    cpuMilliseconds: () => host.cpuMilliseconds(),
    memory: async () => (await host.memory?.()) ?? {},
    async device(elem = "f32") {
      if (elem === "f16" && !device.features.has("shader-f16")) throw new Error("this adapter has no shader-f16");
      return device;
    },
    begin: (key, failure) => host.send({ type: "begin", key, failure: placed(failure) }),
    draft: (key, rows) => host.send({ type: "draft", key, rows: rows.map(placed) }),
    rows: (key, rows) => host.send({ type: "rows", key, rows: rows.map(placed) }),
  };
}

/** The adapter's info as plain data, because GPUAdapterInfo has getters, which messages do not copy. */
export function infoOf(info: GPUAdapterInfo): Record<string, string> {
  const fields = ["vendor", "architecture", "device", "description"] as const;
  return Object.fromEntries(fields.flatMap((field) => (info[field] ? [[field, info[field]]] : [])));
}

/** "vendor architecture: description", without the device's number. */
export function nameOf({ vendor, architecture, device, description }: Record<string, string>): string {
  const family = [vendor, architecture].filter(Boolean).join(" ");
  return [family, description ?? device].filter(Boolean).join(": ") || "unknown adapter";
}
