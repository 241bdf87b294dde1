/** npm run evaluate -- <folder | zip>: how well models and other methods colour photographs. */
import { main } from "./command";

const stop = new AbortController();
// The first interrupt stops after the photograph in progress; a second ends at once.
process.on("SIGINT", () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
const code = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
});
// Ends the process explicitly, because Dawn's threads would keep it alive, but only after output to pipes is flushed.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
