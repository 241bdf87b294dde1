/** A process that prints the first adapter's info, features and limits as JSON, or the reason why there is none, with exit code 3. */
import { create, globals } from "webgpu";
import { adapterFacts, type AdapterFacts } from "../steps/adapter";

async function probe(): Promise<AdapterFacts | undefined> {
  Object.assign(globalThis, globals);
  const gpu = create([]) as GPU;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  return adapter ? adapterFacts(adapter) : undefined;
}

const found = await probe().catch((error: unknown) => String(error));
if (typeof found === "object") process.stdout.write(JSON.stringify(found));
else process.stderr.write(found ?? "this driver offers no adapter");
process.exit(typeof found === "object" ? 0 : 3);
