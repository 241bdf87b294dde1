/** A Colorizer in a worker of the page. */
import type { Activations, LayerOptions } from "../colorizer/layers";
import type { ColorizeOptions, ColorizerProfile } from "../colorizer/options";
import { ColorizeResult, type Likely, type ResultFacts } from "../colorizer/result";
import { isShipped, modelAddress } from "../colorizer/shipped-models";
import { InputError } from "../base/errors";
import { pageAddress } from "../base/page-address";
import { taintedSource, type ColorizeSource } from "../image/source";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { Manifest } from "../weights/model/manifest";
import { Connection, type CallOptions } from "./connection";
import type { CallEvent, Calls, LoadedFacts, LoadOptions } from "./messages";
import { sendable, sendableHints } from "./sendable";

/** The page's workers: one of each kind, by what starts it. */
const opening = new Map<() => Worker, Promise<Connection | undefined>>();

/**
 * The page's worker of a kind, which the first call starts; undefined where there is none that could colour. Every caller is one of its
 * users, until it calls leave().
 */
async function enter(kind: () => Worker): Promise<Connection | undefined> {
  const opened = opening.get(kind) ?? Connection.open(kind);
  opening.set(kind, opened);
  const connection = await opened;
  if (connection?.live === false) {
    if (opening.get(kind) === opened) opening.delete(kind);
    return enter(kind);
  }
  if (connection) connection.users++;
  return connection;
}

/** Ends the worker with its last user, which also frees its device. */
function leave(connection: Connection): void {
  if (--connection.users === 0) connection.close(disposed());
}

function disposed(): InputError {
  return new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
}

/** Tells the worker which results the page no longer has. */
const collected = new FinalizationRegistry<{ readonly connection: Connection; readonly id: number }>(
  ({ connection, id }) => connection.free(id),
);

export class WorkerColorizer implements LoadedFacts {
  readonly manifest: Manifest;
  readonly elem: Elem;
  readonly adapter: string;
  /** As of a Colorizer. */
  readonly complete: Promise<void>;
  /** As of a PhotoColorizer. */
  readonly ended: Promise<void>;
  readonly #connection: Connection;
  readonly #id: number;
  #disposed = false;

  private constructor(
    connection: Connection,
    id: number,
    { manifest, elem, adapter }: LoadedFacts,
    complete: Promise<void>,
  ) {
    this.complete = complete;
    complete.catch(() => undefined); // colorize() throws it, too
    this.ended = connection.ended;
    this.#connection = connection;
    this.#id = id;
    this.manifest = manifest;
    this.elem = elem;
    this.adapter = adapter;
  }

  /** Loads a model in the page's worker of a kind. Resolves with undefined where there is no worker that could colour. Throws as Colorizer.load(). */
  static async load(
    { signal, onProgress, model, checkF16 = !isShipped(model), ...options }: LoadOptions,
    kind: () => Worker,
  ): Promise<WorkerColorizer | undefined> {
    // The worker's own address is not the page's, and bundlers move it.
    const address = pageAddress("model", modelAddress(model));
    const connection = await enter(kind);
    if (!connection) return undefined;
    try {
      const onEvent = (event: CallEvent): void => void ("progress" in event && onProgress?.(event.progress));
      const args = { ...options, model: address, checkF16 };
      const { id, value } = await connection.call("load", args, { signal, onEvent });
      const complete = connection.call("complete", { colorizer: id }, { onEvent }).then(() => undefined);
      return new WorkerColorizer(connection, id, value, complete);
    } catch (error) {
      leave(connection);
      throw error;
    }
  }

  /**
   * As Colorizer.colorize(). Files are decoded in the worker; elements, bitmaps and frames are copied and transferred, raw pixels
   * copied.
   */
  async colorize(source: ColorizeSource, options: ColorizeOptions = {}): Promise<ColorizeResult> {
    this.#check();
    const { signal, onStage, onEarly, ...plain } = options;
    const onEvent = (event: CallEvent, call: number): void => {
      if ("stage" in event) onStage?.(event.stage);
      else if ("early" in event) onEarly?.(this.#result(-call, event.early));
    };
    const args = { colorizer: this.#id, options: sendableHints(plain), early: onEarly !== undefined };
    const { id, value } = await this.#send("colorize", source, args, { signal, onEvent });
    return this.#result(id, value);
  }

  /** As Colorizer.activations(); the picture is sent as by colorize(). */
  async activations(source: ColorizeSource, { signal, ...options }: LayerOptions): Promise<Activations> {
    this.#check();
    return (await this.#send("activations", source, { colorizer: this.#id, options }, { signal })).value;
  }

  /** Makes a call about a picture. */
  async #send<Name extends "colorize" | "activations">(
    name: Name,
    source: ColorizeSource,
    args: Omit<Calls[Name]["arguments"], "source">,
    { signal, onEvent }: Pick<CallOptions, "signal" | "onEvent">,
  ): Promise<{ readonly id: number; readonly value: Calls[Name]["answer"] }> {
    signal?.throwIfAborted();
    const { transfer, ...sent } = await sendable(source);
    try {
      return await this.#connection.call(name, { ...args, ...sent } as Calls[Name]["arguments"], {
        signal,
        onEvent,
        transfer,
      });
    } catch (error) {
      // A bitmap whose pixels the page may not read cannot be transferred.
      const withheld = sent.source instanceof ImageBitmap && (error as Error)?.name === "DataCloneError";
      throw withheld ? taintedSource(source, error) : error;
    } finally {
      for (const copy of transfer) if ("close" in copy) copy.close(); // does nothing where it was sent
    }
  }

  #result(id: number, facts: ResultFacts): ColorizeResult {
    const likely: Likely = async (place) => {
      this.#check();
      return [...(await this.#connection.call("likelyColors", { result: id, place: { ...place } })).value];
    };
    const result = new ColorizeResult(facts, likely, async (change, signal) => {
      this.#check();
      const args = { result: id, change: sendableHints(change) };
      const changed = await this.#connection.call("change", args, { signal });
      return this.#result(changed.id, changed.value);
    });
    collected.register(result, { connection: this.#connection, id });
    return result;
  }

  /** As Colorizer.profile(). */
  async profile(picture: Size, options: Pick<ColorizeOptions, "size"> = {}): Promise<ColorizerProfile> {
    this.#check();
    return (await this.#connection.call("profile", { colorizer: this.#id, picture, options })).value;
  }

  #check(): void {
    if (this.#disposed) throw disposed();
  }

  /** Frees the networks, and with the last Colorizer the worker and its device. Running calls of this one fail then. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#connection.free(this.#id);
    leave(this.#connection);
  }
}
