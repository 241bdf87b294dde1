/**
 * The command's entry point. On Linux the command runs in a child process whose stderr passes through a filter: on every
 * start Dawn writes two warnings directly to the file descriptor, which a process cannot intercept in itself.
 */
import { runBehindFilter } from "./driver-noise";

const inner = process.env["COLORIZE_STDERR"];
delete process.env["COLORIZE_STDERR"];
if (process.argv[2] === "copy-models") process.exitCode = await runCopyModels();
else if (process.platform === "linux" && inner === undefined) process.exitCode = await runBehindFilter();
else await (await import("./cli-process")).runProcess(Number(inner ?? 2));

/** Copies models, which needs neither a GPU nor the packages of the rest of the command. An interrupt lets the current file be completed. */
async function runCopyModels(): Promise<number> {
  const { copyModels } = await import("./copy-models");
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  return copyModels(process.argv.slice(3), {
    print: (text) => void process.stdout.write(text),
    printError: (text) => void process.stderr.write(text),
    signal: stop.signal,
  });
}
