/** The method that runs a model on the engine, with access to its embedding. It uses the networks and stages of Colorizer. */
import { dirname } from "node:path";
import { describeDevice } from "../../src/gpu/device";
import type { Precision } from "../../src/session/session";
import type { KeptChroma } from "../../src/image/chroma";
import { InputError } from "../../src/base/errors";
import { storedElements } from "../../src/gpu/storage";
import { PictureStages } from "../../src/image/picture-stages";
import { openSource } from "../../src/image/source";
import { hintField } from "../../src/colorizer/hint-field";
import { checkHints, takesHints, type CheckedHint } from "../../src/colorizer/hints";
import { likelyColors } from "../../src/colorizer/likely-colors";
import { workingSizeOf } from "../../src/colorizer/network-inputs";
import { Networks } from "../../src/colorizer/networks";
import type { Pixels } from "../../src/node/images";
import { folderReader } from "../../src/node/model-files";
import { startPrediction } from "../../src/colorizer/predict";
import { Hinted, type HintablePicture } from "./hinted";
import type { Coloured, Embedding, Method, Photograph } from "./method";
import type { ModelSource } from "./model-source";

export interface EngineOptions {
  readonly device: GPUDevice;
  readonly precision: Precision;
  /** Working size; default: the model's. */
  readonly size?: number;
  /** Factor on the predicted chroma. */
  readonly saturation: number;
  /** Whether to measure the picture of the mean embedding, too. */
  readonly firstPicture?: boolean;
  /** How many hints to measure, too. */
  readonly hints?: number;
  readonly signal: AbortSignal;
}

/** The model, and its first picture and the model with hints where the options ask for them. Throws as Networks.load(), and InputError where it has no mean embedding. */
export async function openModel(
  { location, read, externalData }: ModelSource,
  label: string | undefined,
  options: EngineOptions,
): Promise<Method[]> {
  const { device, precision, signal } = options;
  const onDisk = folderReader(location.endsWith(".json") ? dirname(location) : location);
  const reader = /^https?:/i.test(location) ? undefined : (read ?? onDisk);
  // With a reader, the location is used in messages only.
  const model = reader ? "model.json" : location;
  const networks = await Networks.load({ device, model, precision, signal, read: reader, externalData });
  const method = new ModelMethod(networks, label, options);
  const { hints: count } = options;
  const ways = networks.manifest.colorizer.output.kind === "cells" ? [false, true] : [false];
  const hinted = count === undefined ? [] : ways.map((likely) => new Hinted(method, { count, likely }));
  if (!options.firstPicture) return [method, ...hinted];
  const mean = networks.manifest.embedder?.mean;
  if (mean)
    return [
      method,
      new FirstPicture(method, storedElements(new Float32Array(mean), networks.elem), mean.length),
      ...hinted,
    ];
  method.dispose();
  throw new InputError({
    where: "--first-picture",
    expected: "a model with a mean embedding",
    received: method.name,
    hint: "npm run ship:mean writes it into model.json.",
  });
}

class ModelMethod implements Method {
  readonly name: string;
  readonly facts: Method["facts"];
  readonly colorizeWith: Method["colorizeWith"];
  readonly #networks: Networks;
  readonly #options: EngineOptions;
  readonly #stages: PictureStages;

  constructor(networks: Networks, label: string | undefined, options: EngineOptions) {
    const { name, version, files, embedder, colorizer } = networks.manifest;
    this.name = label ?? name;
    this.#networks = networks;
    this.#options = options;
    this.#stages = new PictureStages(networks.device, networks.pipelines);
    this.facts = {
      model: `${name} ${version}`,
      // Enough of each file's hash to tell weights apart.
      sha256: Object.values(files)
        .map(({ sha256 }) => sha256.slice(0, 12))
        .join(" "),
      ...(colorizer.output.kind === "cells" && { temperature: colorizer.output.temperature }),
      workingSize: options.size ?? colorizer.size.pixels,
      ...(embedder && { embeddingSize: embedder.size }),
      saturation: colorizer.saturation * options.saturation,
      ...(colorizer.knee > 0 && { knee: colorizer.knee }),
      storage: networks.elem,
      adapter: describeDevice(networks.device),
    };
    if (embedder)
      this.colorizeWith = async ({ grey }, embedding) => this.#recombine(grey, await this.#predict(grey, embedding));
  }

  async colorize({ grey }: { readonly grey: Pixels }): Promise<Coloured> {
    const chroma = await this.#predict(grey);
    return { picture: await this.#recombine(grey, chroma), embedding: chroma.embedding };
  }

  /** Predicts the colours of a picture, and returns what shows it with hints. The networks run again only where they take the hints. */
  async hintable(grey: Pixels): Promise<HintablePicture> {
    const { manifest } = this.#networks;
    const chroma = await this.#predict(grey);
    return {
      likelyColors: (place) => likelyColors(chroma, grey, place),
      shownWith: async (asked) => {
        const hints = checkHints(asked);
        const taken = takesHints(manifest) ? await this.#predict(grey, chroma.embedding, hints) : chroma;
        return this.#recombine(grey, { ...taken, hints: hintField(hints, grey, taken, manifest) });
      },
    };
  }

  async #predict(grey: Pixels, embedding?: Embedding, hints?: readonly CheckedHint[]): Promise<KeptChroma> {
    this.#options.signal.throwIfAborted();
    const bound = await this.#networks.bind(workingSizeOf(this.#networks.manifest, grey, this.#options.size));
    const given = { embedding: embedding as Uint8Array<ArrayBuffer> | undefined, hints };
    const source = await openSource(grey);
    return (await startPrediction(this.#networks, this.#stages, bound, source, given)).reading;
  }

  async #recombine(grey: Pixels, chroma: KeptChroma): Promise<Pixels> {
    const { saturation, knee } = this.#networks.manifest.colorizer;
    const shown = { saturation: saturation * this.#options.saturation, knee };
    const data = await this.#stages.recombine(await openSource(grey), chroma, shown, this.#options.signal);
    return { data, width: grey.width, height: grey.height };
  }

  dispose(): void {
    this.#networks.dispose();
  }
}

/** What a page shows of a model before its embedder is loaded. */
class FirstPicture implements Method {
  readonly name: string;
  readonly facts: Method["facts"];
  readonly #model: ModelMethod;
  readonly #mean: Embedding;

  /** Runs on the model's networks. `mean`: `count` elements, as stored. */
  constructor(model: ModelMethod, mean: Embedding, count: number) {
    this.name = `${model.name}, first picture`;
    this.facts = { model: model.facts["model"]!, meanEmbedding: count };
    this.#model = model;
    this.#mean = mean;
  }

  async colorize(photograph: Photograph): Promise<Coloured> {
    return { picture: await this.#model.colorizeWith!(photograph, this.#mean) };
  }

  dispose(): void {}
}
