/** The page's end of the worker: sends calls, and settles them by the worker's answers. */
import { startWorker } from "../base/start-worker";
import { DeviceError, messageOf } from "../base/errors";
import { receivedError } from "./errors";
import type { Answer, CallEvent, CallName, Calls, Greeting, Notice } from "./messages";

/** A call that the worker has not answered. */
interface Waiting {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  onEvent?(event: CallEvent): void;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** What it throws ends the call. */
  readonly onEvent?: (event: CallEvent, id: number) => void;
  readonly transfer?: Transferable[];
}

/** Milliseconds to wait for the worker's first message: a browser may refuse a worker without an event. */
const PATIENCE = 30_000;

export class Connection {
  /** How many Colorizers use the worker. */
  users = 0;
  /** Resolves when there is no worker any more. */
  readonly ended: Promise<void>;
  #end!: () => void;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** Why there is no worker any more. */
  #broken: unknown;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.#receive(data));
    for (const type of ["error", "messageerror"])
      worker.addEventListener(type, (event) => this.#fail((event as ErrorEvent).message));
  }

  /** Starts a worker. Resolves with undefined where there is none that could colour. */
  static async open(start: () => Worker): Promise<Connection | undefined> {
    let worker: Worker | undefined;
    try {
      worker = startWorker(start);
      if (await able(worker)) return new Connection(worker);
    } catch {
      // Its file is not there, or the page may not start it, for example because it is of another site.
    }
    worker?.terminate();
    return undefined;
  }

  /** Whether the worker can be called. */
  get live(): boolean {
    return this.#broken === undefined;
  }

  /** Calls the worker. An abort rejects at once with the signal's reason. Throws what the worker's work throws. */
  call<Name extends CallName>(
    name: Name,
    args: Calls[Name]["arguments"],
    { signal, onEvent, transfer = [] }: CallOptions = {},
  ): Promise<{ readonly id: number; readonly value: Calls[Name]["answer"] }> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken);
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        done();
        this.#say({ id, name: "abort" });
        reject(signal?.reason);
      };
      const done = (): void => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", abort);
      };
      this.#waiting.set(id, {
        resolve: (value) => (done(), resolve({ id, value: value as Calls[Name]["answer"] })),
        reject: (reason) => (done(), reject(reason)),
        onEvent: (event) => {
          try {
            onEvent?.(event, id);
          } catch (error) {
            done();
            this.#say({ id, name: "abort" });
            reject(error);
          }
        },
      });
      signal?.addEventListener("abort", abort);
      try {
        this.#worker.postMessage({ id, name, arguments: args }, transfer);
      } catch (error) {
        this.#waiting.get(id)?.reject(error);
      }
    });
  }

  /** Frees what a call made. */
  free(id: number): void {
    this.#say({ id, name: "free" });
  }

  #say(notice: Notice): void {
    if (this.live) this.#worker.postMessage(notice, []);
  }

  #receive(answer: Answer): void {
    const call = this.#waiting.get(answer.id);
    if ("event" in answer) {
      if (call) call.onEvent?.(answer.event);
      else if ("early" in answer.event) this.free(-answer.id); // as below
    } else if ("error" in answer) call?.reject(receivedError(answer.error));
    else if (call) call.resolve(answer.value);
    else this.free(answer.id); // aborted while the answer was on its way
  }

  #fail(message: unknown): void {
    this.close(
      new DeviceError({
        where: "colorize",
        expected: "a running worker",
        received: `one that failed (${messageOf(message)})`,
        hint: "Load the model again.",
      }),
    );
  }

  /** Ends the worker; its calls fail with `reason`. */
  close(reason: unknown): void {
    if (!this.live) return;
    this.#broken = reason;
    this.#worker.terminate();
    this.#end(); // before those who wait learn it and may try again
    for (const call of [...this.#waiting.values()]) call.reject(reason);
  }
}

/** Whether the worker says that it can colour. Rejects where it does not start. */
function able(worker: Worker): Promise<boolean> {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Greeting>) => resolve(data.able), { once: true });
    worker.addEventListener("error", reject, { once: true });
    setTimeout(reject, PATIENCE); // after an answer, it has no effect
  });
}
