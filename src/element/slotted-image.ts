/** The <img> that a page puts into <colorize-canvas>, which browsers without scripts or WebGPU show as it is. */

/** The first <img> in the default slot, also in a <picture>. */
export function slottedImage(slot: HTMLSlotElement): HTMLImageElement | undefined {
  for (const element of slot.assignedElements({ flatten: true })) {
    const image = element instanceof HTMLPictureElement ? element.querySelector("img") : element;
    if (image instanceof HTMLImageElement) return image;
  }
  return undefined;
}

/** Calls `changed` when another <img> is slotted, when its addresses change, and when it has loaded, which may be another size of the picture. */
export function watchSlottedImage(host: HTMLElement, slot: HTMLSlotElement, changed: (loaded: boolean) => void): void {
  slot.addEventListener("slotchange", () => changed(false));
  const observer = new MutationObserver((records) => {
    if (records.some(({ target }) => target !== host)) changed(false);
  });
  const attributeFilter = ["src", "srcset", "sizes", "media", "type", "crossorigin"];
  observer.observe(host, { subtree: true, childList: true, attributeFilter });
  const loaded = ({ target }: Event): void => {
    if (target !== host && target === slottedImage(slot)) changed(true);
  };
  host.addEventListener("load", loaded, { capture: true });
}
