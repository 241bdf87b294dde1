/** The command's streams, interrupts and exit code. */
import { constants } from "node:os";
import { isatty, WriteStream } from "node:tty";
import { EXIT, main } from "./cli";
import { loadEngine } from "./cli-engine";

/** As a shell reports a program that wrote to a pipe that nobody reads. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE;

/** Runs the command and ends the process. `terminal` is the descriptor of the user's terminal for errors, where it is one. */
export async function runProcess(terminal: number): Promise<void> {
  const { stdout } = process;
  const stderr = terminal !== 2 && isatty(terminal) ? new WriteStream(terminal) : process.stderr;
  const stop = new AbortController();
  let stoppedAt = 0;
  // The first interrupt drops the file in progress and cleans up; a second ends at once. One Ctrl+C may arrive several
  // times: from the terminal, through npm and through the process before this one.
  process.on("SIGINT", () => {
    if (!stop.signal.aborted) stoppedAt = performance.now();
    else if (performance.now() - stoppedAt > 500) process.exit(EXIT.interrupted);
    stop.abort();
  });
  // The process before this one was killed: whoever did it wants no more photographs.
  process.on("disconnect", () => stop.abort());
  // `| head` has read enough: as an interrupt, so that no file is left half-written.
  let broken = false;
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
      broken = true;
      stop.abort();
    });
  const code = await main(process.argv.slice(2), { loadEngine, stdout, stderr, signal: stop.signal });
  // Dawn's threads would keep the process alive. Output to pipes may still be on its way, so it goes first.
  stdout.write("", () => stderr.write("", () => process.exit(broken ? BROKEN_PIPE : code)));
}
