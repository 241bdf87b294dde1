/** The command as a process: its arguments, streams, interrupts and exit code. */
import { main } from "./cli";
import { loadEngine } from "./cli-engine";

const stop = new AbortController();
// The first interrupt lets the file in progress go and cleans up; the second ends at once.
process.on("SIGINT", () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});

const code = await main(process.argv.slice(2), {
  loadEngine,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
});
// Dawn's threads would keep the process alive. Output to pipes may still be on its way, so it goes first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
