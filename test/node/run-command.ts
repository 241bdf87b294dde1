/** Runs the command in this process, with a stand-in for the engine. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import { main, type CommandEnvironment, type EngineSettings } from "../../src/node/cli";
import type { ColorizeSettings } from "../../src/node/cli-run";
import type { Pixels } from "../../src/node/images";

/** Writes a small grey photograph. */
export async function paintedPhoto(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await sharp({ create: { width: 8, height: 5, channels: 3, background: "#777" } }).toFile(path);
  return path;
}

/** Runs the command with a colorizer that paints everything (9, 80, 200) in place of the engine. */
export async function run(args: readonly string[], change: Partial<FakeHooks> = {}) {
  const printed = { stdout: "", stderr: "" };
  const bytes: Uint8Array[] = [];
  const calls = { load: [] as EngineSettings[], colorize: [] as ColorizeSettings[], disposed: 0 };
  const stop = new AbortController();
  const environment: CommandEnvironment = {
    stdout: {
      write: (content) => (typeof content === "string" ? (printed.stdout += content) : bytes.push(content)),
      isTTY: change.isTTY ?? false,
    },
    stderr: { write: (text) => (printed.stderr += text), isTTY: change.isTTY ?? false, ...change.terminal },
    signal: stop.signal,
    readStdin: () => Promise.resolve(Buffer.from(change.stdin ?? "")),
    async loadEngine(settings) {
      calls.load.push(settings);
      change.onLoad?.();
      settings.onProgress("loading the model", 0.5);
      return {
        adapter: "painted",
        colorizer: {
          async colorize(source, settings) {
            calls.colorize.push(settings);
            settings.onStage?.("embedding");
            change.onColorize?.(source, stop);
            const data = new Uint8ClampedArray(source.data.length).fill(255);
            for (let i = 0; i < data.length; i += 4) data.set([9, 80, 200], i);
            const timings = { embed: 1.26, combine: 2 };
            return { timings, notes: change.notes ?? [], data, width: source.width, height: source.height };
          },
          plan: (width, height) => ({ peakBytes: width * height * 100 }),
          dispose: () => void calls.disposed++,
        },
      };
    },
  };
  const code = await main([...args], environment);
  return { code, calls, picture: Buffer.concat(bytes), ...printed };
}

export interface FakeHooks {
  readonly isTTY: boolean;
  /** What stdin holds. */
  readonly stdin: Buffer | string;
  readonly terminal: object;
  readonly onLoad: () => void;
  readonly onColorize: (source: Pixels, stop: AbortController) => void;
  /** Notes of every result. */
  readonly notes: readonly string[];
}
