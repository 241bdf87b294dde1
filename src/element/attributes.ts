/** The attributes of <colorize-canvas>, and the properties that reflect them. */
import { InputError, type EngineError } from "../base/errors";
import { checkNumber, factorOf, SATURATION, SIZE, WARMTH } from "../base/option-checks";
import type { ColorizerOptions } from "../colorizer/options";

/** The words of an attribute that has a fixed set of them. The first is the default, and what a wrong word means. */
const WORDS = {
  loading: ["eager", "lazy", "manual"],
  compare: ["off", "slider", "hold"],
  precision: ["auto", "f32", "f16", "f16-weights"],
} as const satisfies Record<string, readonly string[]> & { precision: readonly ColorizerOptions["precision"][] };

type Words = typeof WORDS;

/** Where there is no DOM (server-side rendering) the module still loads. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

export class ColorizeAttributes extends Base {
  static readonly observedAttributes: readonly string[] = [
    "src",
    "alt",
    "model",
    "preset",
    "loading",
    "compare",
    "zoomable",
    "saturation",
    "warmth",
    "size",
    "precision",
    "fallback",
    "workers",
    "crossorigin",
    "controls",
    "width",
    "height",
  ];

  /** The address as it was written. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  set src(value: string) {
    this.#reflect("src", value);
  }

  get alt(): string {
    return this.getAttribute("alt") ?? "";
  }
  set alt(value: string) {
    this.#reflect("alt", value);
  }

  get model(): string {
    return this.getAttribute("model") ?? "";
  }
  set model(value: string) {
    this.#reflect("model", value);
  }

  get preset(): string {
    return this.getAttribute("preset") ?? "";
  }
  set preset(value: string) {
    this.#reflect("preset", value);
  }

  get loading(): "eager" | "lazy" | "manual" {
    return this.#word("loading");
  }
  set loading(value: "eager" | "lazy" | "manual") {
    this.#reflect("loading", value);
  }

  get compare(): "off" | "slider" | "hold" {
    return this.#word("compare");
  }
  set compare(value: "off" | "slider" | "hold") {
    this.#reflect("compare", value);
  }

  get zoomable(): boolean {
    return this.hasAttribute("zoomable");
  }
  set zoomable(value: boolean) {
    this.toggleAttribute("zoomable", Boolean(value));
  }

  /** Default 1. NaN for text that is not a number, which fires `error` when colouring starts. */
  get saturation(): number {
    return factorOf(this.getAttribute("saturation") ?? "1");
  }
  set saturation(value: number) {
    this.#reflect("saturation", value);
  }

  /** Default 0. Wrong values behave as for saturation. */
  get warmth(): number {
    return numberOf(this.getAttribute("warmth") ?? "0");
  }
  set warmth(value: number) {
    this.#reflect("warmth", value);
  }

  /** Working size in pixels; undefined (default): the model's. Wrong values behave as for saturation. */
  get size(): number | undefined {
    const text = this.getAttribute("size");
    return text === null ? undefined : numberOf(text);
  }
  set size(value: number | undefined) {
    this.#reflect("size", value);
  }

  /** A wrong word, here its default, fires `error` when colouring starts. */
  get precision(): "auto" | "f32" | "f16" | "f16-weights" {
    return this.#word("precision");
  }
  set precision(value: "auto" | "f32" | "f16" | "f16-weights") {
    this.#reflect("precision", value);
  }

  /** What runs the networks where there is no WebGPU: "wasm", or the address of a folder with onnxruntime-web; "": nothing. */
  get fallback(): string {
    return this.getAttribute("fallback") ?? "";
  }
  set fallback(value: string) {
    this.#reflect("fallback", value);
  }

  /** The address of the folder of this package's workers; "": where the bundler put them. */
  get workers(): string {
    return this.getAttribute("workers") ?? "";
  }
  set workers(value: string) {
    this.#reflect("workers", value);
  }

  /** null without the attribute, which loads photographs as "anonymous" does. */
  get crossOrigin(): "anonymous" | "use-credentials" | null {
    const text = this.getAttribute("crossorigin");
    return text?.toLowerCase() === "use-credentials" ? "use-credentials" : text === null ? null : "anonymous";
  }
  set crossOrigin(value: string | null) {
    this.#reflect("crossorigin", value);
  }

  get controls(): boolean {
    return this.hasAttribute("controls");
  }
  set controls(value: boolean) {
    this.toggleAttribute("controls", Boolean(value));
  }

  /** In CSS pixels; 0 where the attribute is missing or not a whole number. */
  get width(): number {
    return pixelsOf(this.getAttribute("width"));
  }
  set width(value: number) {
    this.#reflect("width", value);
  }

  /** As width. */
  get height(): number {
    return pixelsOf(this.getAttribute("height"));
  }
  set height(value: number) {
    this.#reflect("height", value);
  }

  /** Frameworks set undefined or null for what a template leaves out. */
  #reflect(name: string, value: unknown): void {
    if (value == null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  #word<K extends keyof Words>(name: K): Words[K][number] {
    const text = this.getAttribute(name)?.toLowerCase();
    return WORDS[name].find((word) => word === text) ?? WORDS[name][0];
  }
}

/** As Number(), but NaN for an empty text. */
function numberOf(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}

function pixelsOf(text: string | null): number {
  return Number(/^\s*(\d+)/.exec(text ?? "")?.[1] ?? 0);
}

/** The options that the attributes give for colouring. Throws InputError with the own text of a wrong one, also of `precision`. */
export function checkedOptions(element: ColorizeAttributes): { saturation: number; warmth: number; size?: number } {
  const { saturation, warmth, size } = element;
  const precision = wrongWord(element, "precision");
  if (precision !== undefined)
    throw new InputError({
      where: "precision",
      expected: WORDS.precision.join(", "),
      received: `"${precision}"`,
      hint: "Leave the attribute out for auto.",
    });
  checkNumber(SATURATION, saturation, element.getAttribute("saturation") ?? saturation);
  checkNumber(WARMTH, warmth, element.getAttribute("warmth") ?? warmth);
  if (size !== undefined) checkNumber(SIZE, size, element.getAttribute("size"));
  return { saturation, warmth, size };
}

/** Whether another look mends an error: one of saturation, warmth or "hints[0].x". */
export function isOfLook({ where }: EngineError): boolean {
  return where === SATURATION.name || where === WARMTH.name || where.startsWith("hints");
}

/** The text of an attribute that is none of its words. */
function wrongWord(element: ColorizeAttributes, attribute: keyof Words): string | undefined {
  const words: readonly string[] = WORDS[attribute];
  const text = element.getAttribute(attribute);
  return text === null || words.includes(text.toLowerCase()) ? undefined : text;
}

/** Warns of a word that `loading` or `compare` does not have, for which its default is used. */
export function warnOfWord(element: ColorizeAttributes, attribute: string): void {
  if (attribute !== "loading" && attribute !== "compare") return;
  const text = wrongWord(element, attribute);
  if (text === undefined) return;
  const words = WORDS[attribute];
  console.warn(
    `<${element.localName} ${attribute}="${text}">: expected one of ${words.join(", ")}; "${words[0]}" is used.`,
  );
}

/**
 * Sets properties again through their accessors: one that was set before the element was defined hides its accessor. Call it when the
 * element is connected.
 */
export function upgradeProperties(element: HTMLElement): void {
  const properties = element as unknown as Record<string, unknown>;
  for (const name of Object.keys(element)) {
    if (!(name in Object.getPrototypeOf(element))) continue;
    const value = properties[name];
    delete properties[name];
    properties[name] = value;
  }
}
