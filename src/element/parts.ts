/** Builds the shadow tree of <colorize-canvas> and its style. */
const STYLE = `
:host { display: inline-block; position: relative; max-width: 100%; vertical-align: middle; }
:host([hidden]) { display: none; }
.frame { position: relative; display: block; overflow: hidden; border-radius: inherit; }
img, canvas { display: block; max-width: 100%; width: 100%; height: auto; }
.loading img { filter: grayscale(1); opacity: 0.7; }
canvas { position: absolute; inset: 0; height: 100%; opacity: 0; transition: opacity 0.6s ease; }
.ready canvas { opacity: 1; }
.status { position: absolute; inset: auto 0 0 0; padding: 0.5em 0.75em; font: 0.875rem/1.4 system-ui, sans-serif;
  color: var(--colorize-canvas-text, #fff); background: var(--colorize-canvas-backdrop, rgb(0 0 0 / 65%)); }
.status::before { content: ""; position: absolute; left: 0; top: 0; height: 3px; width: var(--done, 0%);
  background: var(--colorize-canvas-accent, #7cc4ff); transition: width 0.2s ease; }
.error { padding: 0.75em 1em; font: 0.875rem/1.4 system-ui, sans-serif; color: var(--colorize-canvas-text, #fff);
  background: var(--colorize-canvas-error, #8c1d18); overflow-wrap: anywhere; }
/* As wide as the photograph, whose size a long text does not change. */
.with-picture + .error { width: 0; min-width: 100%; box-sizing: border-box; }
[hidden] { display: none !important; }
@media (prefers-reduced-motion: reduce) { canvas, .status::before { transition: none; } }
`;

export interface ElementParts {
  readonly frame: HTMLElement;
  /** The original, shown grey until the picture is coloured. */
  readonly original: HTMLImageElement;
  readonly canvas: HTMLCanvasElement;
  readonly status: HTMLElement;
  readonly error: HTMLElement;
}

function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, className = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute("part", name);
  if (className) element.className = className;
  return element;
}

let sheet: CSSStyleSheet | undefined;

/** Fills a shadow root. Uses createElement() and a constructed style sheet, which strict CSP and Trusted Types allow. */
export function buildParts(root: ShadowRoot): ElementParts {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  const frame = part("div", "frame", "frame");
  const original = part("img", "original");
  const canvas = part("canvas", "canvas");
  const status = part("div", "status", "status");
  const error = part("div", "error", "error");
  original.decoding = "async";
  canvas.width = canvas.height = 0;
  status.setAttribute("role", "progressbar");
  status.setAttribute("aria-label", "Colouring the photograph");
  error.setAttribute("role", "alert");
  for (const element of [original, canvas, status, error]) element.hidden = true;
  frame.append(original, canvas, status);
  root.append(frame, error);
  return { frame, original, canvas, status, error };
}

/** Detail of the `progress` event. `total` is 0 where it is not known. */
export interface ColorizeProgress {
  readonly stage: "download" | "compile" | "colorize";
  readonly loaded: number;
  readonly total: number;
  /** In stage "download": whether all bytes so far came from the cache of an earlier visit. */
  readonly fromCache?: boolean;
}

/** "Downloading the model: 5 of 61 MB". */
export function progressText({ stage, loaded, total, fromCache }: ColorizeProgress): string {
  if (stage === "compile") return "Preparing the networks";
  if (stage === "colorize") return "Colouring";
  if (total === 0) return "Loading";
  if (fromCache) return "Reading the model from this device";
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return `Downloading the model: ${megabytes(loaded)} of ${megabytes(total)} MB`;
}

/** The part of the progress bar that each stage fills; the bar never moves back. */
const SPANS = { download: [0, 0.6], compile: [0.6, 0.7], colorize: [0.7, 1] } as const;

/** Progress of the whole job, 0 to 1. */
export function progressDone({ stage, loaded, total }: ColorizeProgress): number {
  const [from, to] = SPANS[stage];
  return from + (to - from) * (total > 0 ? loaded / total : 0);
}

/** `done` is 0 to 1. */
export function showProgress(status: HTMLElement, text: string, done: number): void {
  status.hidden = false;
  if (status.textContent !== text) status.textContent = text;
  status.setAttribute("aria-valuetext", text);
  status.style.setProperty("--done", `${100 * done}%`);
  status.setAttribute("aria-valuenow", String(Math.round(100 * done)));
}
