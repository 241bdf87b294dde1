/**
 * The style of <colorize-canvas>. Texts on the picture are white on a dark veil in light and dark pages; what is below it follows the page.
 * - `.below` is as wide as the photograph, whose size a long text does not change.
 * - At its ends (`.at-start`, `.at-end`) the slider leaves one picture alone: neither its line nor a seam of the other one.
 * - `.handle` keeps its size, and its knob in sight, while the picture under it is zoomed and moved.
 */
const STYLE = `
:host { display: inline-block; position: relative; max-width: 100%; vertical-align: middle; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
.frame { position: relative; display: block; overflow: hidden; border-radius: inherit; }
.picture { position: relative; transform-origin: center; }
.original, .canvas, ::slotted(img), ::slotted(picture) { display: block; width: 100%; max-width: 100%; height: auto; }
.grey .original, .grey ::slotted(:not([slot])) { filter: grayscale(1); opacity: 0.7; }
.canvas { position: absolute; inset: 0; height: 100%; opacity: 0; transition: opacity 0.6s ease; }
.posted .original { display: none; }
.coloured .canvas { opacity: 1; }
.coloured.original-shown .canvas { opacity: 0; transition-duration: 0s; }

.status { position: absolute; inset: auto 0 0 0; padding: 0.5em 0.75em; }
.status::before { content: ""; position: absolute; inset-block-start: 0; inset-inline-start: 0; height: 3px; width: var(--done, 0%);
  background: var(--colorize-canvas-accent, #7cc4ff); transition: width 0.2s ease; }
.status, .hold, .error { font: 0.875rem/1.4 system-ui, sans-serif; color: var(--colorize-canvas-text, #fff);
  background: var(--colorize-canvas-backdrop, rgb(0 0 0 / 65%)); }
.error { padding: 0.75em 1em; background: var(--colorize-canvas-error, #8c1d18); overflow-wrap: anywhere; }
.with-picture ~ slot > .below { width: 0; min-width: 100%; box-sizing: border-box; }

.sliding { cursor: ew-resize; touch-action: pan-y; }
.sliding .canvas { clip-path: inset(0 0 0 var(--position)); transition: none; }
.at-start:not(.original-shown) :is(.original, slot) { visibility: hidden; }
:is(.at-start, .at-end) .handle::before { display: none; }
.original-shown .handle { opacity: 0; }
:host(:dir(rtl)) .sliding .canvas { clip-path: inset(0 var(--position) 0 0); }
.handle { position: absolute; inset-block: 0; inset-inline-start: var(--position); width: 48px; margin-inline: -24px; outline: none;
  scale: calc(1 / var(--scale, 1)) 1; }
.handle::before { content: ""; position: absolute; inset-block: 0; inset-inline-start: 23px; width: 2px;
  background: var(--colorize-canvas-handle, #fff); box-shadow: 0 0 0 1px rgb(0 0 0 / 45%); }
.handle::after { scale: 1 calc(1 / var(--scale, 1)); translate: 0 calc(-1 * var(--pan-y, 0px) / var(--scale, 1)); content: "\\2194"; position: absolute; inset: calc(50% - 18px) 6px auto; height: 36px; border-radius: 50%; text-align: center;
  font: 20px/36px system-ui, sans-serif; color: #1d1d1f; background: var(--colorize-canvas-handle, #fff); box-shadow: 0 0 0 1px rgb(0 0 0 / 45%); }
.handle:focus-visible::after { box-shadow: 0 0 0 2px #1d1d1f, 0 0 0 5px var(--colorize-canvas-accent, #7cc4ff); }

.zoomable { touch-action: pan-x pan-y; }
.zoomable.sliding { touch-action: pan-y; }
.zoomable.zoomed { cursor: grab; touch-action: none; }
.zoomable.zoomed:active { cursor: grabbing; }
.zoomable .handle { cursor: ew-resize; }
.zoomable:focus-visible, .hold:focus-visible { outline: 3px solid var(--colorize-canvas-accent, #7cc4ff); outline-offset: -3px; }

.holding .canvas { transition: none; }
.holding { -webkit-touch-callout: none; }
.sliding, .zoomable, .holding { user-select: none; }
.hold { position: absolute; inset-block-start: 8px; inset-inline-end: 8px; max-width: calc(100% - 16px); padding: 0.5em 0.9em; border: 0; border-radius: 1.5em; cursor: pointer; }

.controls { display: flex; flex-wrap: wrap; gap: 0.5em 1.25em; align-items: center; padding-block: 0.6em; font: 0.875rem/1.4 system-ui, sans-serif; }
.controls label { display: flex; flex: 1 1 9em; gap: 0.6em; align-items: center; min-width: 0; }
.controls input { flex: 1; min-width: 4em; height: 24px; margin: 0; accent-color: var(--colorize-canvas-accent, auto); }
.controls button { min-height: 2.4em; padding: 0 1em; font: inherit; color: inherit; background: none; border: 1px solid; border-radius: 1.2em; cursor: pointer; }
.controls button:focus-visible { outline: 2px solid; outline-offset: 2px; }
@media (forced-colors: active) { .status::before, .handle::before { background: Highlight; forced-color-adjust: none; } }
@media (prefers-reduced-motion: reduce) { .canvas, .status::before { transition: none; } }
`;

let shared: CSSStyleSheet | undefined;

/** Adds the style to a shadow root, as a constructed style sheet, which strict CSP and Trusted Types allow. */
export function addStyle(root: ShadowRoot): void {
  if (!shared) {
    shared = new CSSStyleSheet();
    shared.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [shared];
}

/**
 * Gives the element the width, and until there is a picture the aspect ratio, of its attributes in CSS pixels; 0 where missing. The page's own
 * rules win over these, as over the attributes of an <img>.
 */
export function reserveSpace(root: ShadowRoot, width: number, height: number): void {
  const rules: string[] = [];
  if (width) rules.push(`:host { width: ${width}px; }`);
  if (width && height) rules.push(`.frame:not(.with-picture) { aspect-ratio: ${width} / ${height}; }`);
  else if (height)
    rules.push(
      `.frame:not(.with-picture) { height: ${height}px; }`,
      `.original, ::slotted(img) { width: auto; height: ${height}px; }`,
    );
  const own = new CSSStyleSheet();
  own.replaceSync(rules.join("\n"));
  root.adoptedStyleSheets = [...root.adoptedStyleSheets.slice(0, 1), own];
}
