/** The command's streams, interrupts and exit code. */
import { constants } from "node:os";
import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import { isatty, WriteStream } from "node:tty";
import { messageOf } from "../base/errors";
import { EXIT, main } from "./cli";
import { loadColorizer } from "./cli-load";

/** The exit code with which a shell reports a program that wrote to a closed pipe. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE;

/** Runs the command and ends the process. `terminal`: the file descriptor of the user's stderr, which may be a terminal. */
export async function runProcess(terminal: number): Promise<void> {
  const { stdout } = process;
  const stderr = terminal !== 2 && isatty(terminal) ? new WriteStream(terminal) : process.stderr;
  const stop = new AbortController();
  let stoppedAt = 0;
  // The first interrupt drops the file in progress and cleans up; a second ends at once. One Ctrl+C may arrive several
  // times: from the terminal, through npm and through the process before this one. Other programs send SIGTERM, a closed terminal SIGHUP.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!stop.signal.aborted) stoppedAt = performance.now();
      else if (performance.now() - stoppedAt > 500) process.exit(EXIT.interrupted);
      stop.abort();
    });
  // The parent process was killed: no more photographs are wanted.
  process.on("disconnect", () => stop.abort());
  // A closed pipe (`| head`) or a full disk is handled like an interrupt, so that no file is left half-written.
  let broken: number | undefined;
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (broken !== undefined) return;
      const closed = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
      broken = closed ? BROKEN_PIPE : EXIT.failed;
      if (!closed && stream === stdout) stderr.write(`The output could not be written: ${messageOf(error)}\n`);
      stop.abort();
    });
  const readStdin = (): Promise<Buffer> => buffer(addAbortSignal(stop.signal, process.stdin));
  const environment = { loadColorizer, stdout, stderr, readStdin, signal: stop.signal };
  const code = await main(process.argv.slice(2), environment);
  // Ends the process explicitly, because Dawn's threads would keep it alive, but only after output to pipes is flushed.
  stdout.write("", () => stderr.write("", () => process.exit(broken ?? code)));
}
