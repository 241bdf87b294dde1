/** Shows the progress of an evaluation. */
import { Presets, SingleBar } from "cli-progress";
import type { TextStream } from "../../src/node/cli-report";

export interface Progress {
  start(): void;
  show(name: string, done: number): void;
  stop(): void;
}

/** A bar on a terminal, a line for every tenth part elsewhere. */
export function progressBar(stderr: TextStream, total: number): Progress {
  if (!stderr.isTTY) {
    let tenth = 0;
    return {
      start: () => void stderr.write(`${total} photographs\n`),
      show(_, done) {
        const now = Math.floor((10 * done) / total);
        if (now > tenth) stderr.write(`${done} of ${total}\n`);
        tenth = now;
      },
      stop: () => {},
    };
  }
  const format = "{bar} {percentage}% | {value}/{total} | {eta_formatted} left | {name}";
  const stream = stderr as NodeJS.WritableStream;
  const options = { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  return {
    start: () => bar.start(total, 0, { name: "" }),
    show: (name, done) => bar.update(done, { name }),
    stop: () => bar.stop(),
  };
}
