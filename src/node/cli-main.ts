/** The command as a process: its arguments, streams, interrupts and exit code. */
import { main } from "./cli";
import { loadEngine } from "./cli-engine";

const stop = new AbortController();
let stoppedAt = 0;
// The first interrupt drops the file in progress and cleans up; a second ends at once. One Ctrl+C may arrive twice,
// from the terminal and through npm.
process.on("SIGINT", () => {
  if (!stop.signal.aborted) stoppedAt = performance.now();
  else if (performance.now() - stoppedAt > 500) process.exit(130);
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
