import css from "./element.css?inline";

let shared: CSSStyleSheet | undefined;

/** Adds the style to a shadow root, as a constructed style sheet, which strict CSP and Trusted Types allow. */
export function addStyle(root: ShadowRoot): void {
  if (!shared) {
    shared = new CSSStyleSheet();
    shared.replaceSync(css);
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
