/** What Dawn, the WebGPU of Node, prints on every start and nobody can act on. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

/** NormalizeLimits in dawn/native/Limits.cpp: such buffers are not used here, and limits are asked for by name. */
const NOISE =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.$/;

/** Whether a line of the driver's says nothing. */
export function isNoise(line: string): boolean {
  return NOISE.test(line);
}

/** What the progress bar turned off: the cursor and the wrapping of lines. */
const TERMINAL_AS_BEFORE = "\u001b[?25h\u001b[?7h";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs this command once more in a child process and passes its errors on, but for Dawn's noise; the rest of its streams
 * are this process's own. Returns its exit code.
 */
export function runBehindFilter(): Promise<number> {
  const [, script, ...args] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, script!, ...args], {
    // The terminal itself, for the progress bar, is descriptor 3. The channel tells the child when this process was killed.
    stdio: ["inherit", "inherit", "pipe", 2, "ipc"],
    env: { ...process.env, COLORIZE_STDERR: "3" },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  process.stderr.on("error", () => child.stderr!.destroy()); // nobody reads: the child finds out when it writes
  createInterface({ input: child.stderr!, crlfDelay: Infinity }).on("line", (line) => {
    if (!isNoise(line)) process.stderr.write(`${line}\n`);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // A child that was killed, or left at a second Ctrl+C, could not do it.
      if (process.stderr.isTTY && code !== 0) process.stderr.write(TERMINAL_AS_BEFORE);
      if (signal && !(SIGNALS as readonly string[]).includes(signal))
        process.stderr.write(
          `The command was ended by ${signal}, perhaps in the GPU driver: try --adapter swiftshader.\n`,
        );
      resolve(code ?? 128 + constants.signals[signal!]);
    });
  });
}
