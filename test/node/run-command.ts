/** Runs the command in this process, with a stand-in for the colorizer. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import type { ColorizeOptions } from "../../src/colorizer/options";
import { ColorizeResult } from "../../src/colorizer/result";
import { main, type CommandEnvironment, type LoadSettings } from "../../src/node/cli";
import type { Pixels } from "../../src/node/images";

/** Writes a small grey photograph. */
export async function paintedPhoto(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await sharp({ create: { width: 8, height: 5, channels: 3, background: "#777" } }).toFile(path);
  return path;
}

const SIZE = { width: 8, height: 8 };
const PLAN = { workingSize: SIZE, paddedSize: SIZE, weightBytes: 1, activationBytes: 1, pictureBytes: 1, flops: 1 };

function painted({ data: { length }, width, height }: Pixels, notes: readonly string[] = []): ColorizeResult {
  const data = new Uint8ClampedArray(length).fill(255);
  for (let i = 0; i < length; i += 4) data.set([9, 80, 200], i);
  const timings = { prepare: 0, luminance: 0, embedding: 1.26, chroma: 0, recombine: 2, total: 3.26 };
  const facts = { data, width, height, workingSize: SIZE, saturation: 1, warmth: 0, notes, timings };
  const unused = (): never => {
    throw new Error("the command asks for nothing more");
  };
  return new ColorizeResult(facts, unused, unused);
}

/** Runs the command with a colorizer that paints everything (9, 80, 200) in place of a real one. */
export async function run(args: readonly string[], change: Partial<FakeHooks> = {}) {
  const printed = { stdout: "", stderr: "" };
  const bytes: Uint8Array[] = [];
  const calls = { load: [] as LoadSettings[], colorize: [] as ColorizeOptions[], disposed: 0 };
  const stop = new AbortController();
  const environment: CommandEnvironment = {
    stdout: {
      write: (content) => (typeof content === "string" ? (printed.stdout += content) : bytes.push(content)),
      isTTY: change.isTTY ?? false,
    },
    stderr: { write: (text) => (printed.stderr += text), isTTY: change.isTTY ?? false, ...change.terminal },
    signal: stop.signal,
    readStdin: () => Promise.resolve(Buffer.from(change.stdin ?? "")),
    async loadColorizer(settings) {
      calls.load.push(settings);
      change.onLoad?.();
      settings.onProgress("loading the model", 0.5);
      return {
        adapter: "painted",
        async colorize(source, options = {}) {
          calls.colorize.push(options);
          options.onStage?.("embedding");
          const photograph = source as Pixels;
          change.onColorize?.(photograph, stop);
          return painted(photograph, change.notes);
        },
        plan: (width, height) => ({ ...PLAN, peakBytes: width * height * 100 }),
        dispose: () => void calls.disposed++,
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
