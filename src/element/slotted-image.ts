/** The <img> that a page puts into <colorize-canvas>, which browsers without scripts or WebGPU show as it is. */

/** The first <img> in the default slot, also in a <picture>. */
export function slottedImage(slot: HTMLSlotElement): HTMLImageElement | undefined {
  for (const element of slot.assignedElements({ flatten: true })) {
    const image = element instanceof HTMLPictureElement ? element.querySelector("img") : element;
    if (image instanceof HTMLImageElement) return image;
  }
  return undefined;
}

/** slotted: other content; address: another address; loaded: it has loaded, perhaps another size of the picture. */
export type SlottedChange = "slotted" | "address" | "loaded";

/** Calls `changed` when something may have changed about the <img> in the slot. */
export function watchSlottedImage(
  host: HTMLElement,
  slot: HTMLSlotElement,
  changed: (how: SlottedChange) => void,
): void {
  slot.addEventListener("slotchange", () => changed("slotted"));
  const observer = new MutationObserver((records) => {
    // What is in other slots, such as an overlay, is no part of the photograph.
    const photograph = slot.assignedElements({ flatten: true });
    if (records.some(({ target }) => photograph.some((element) => element.contains(target)))) changed("address");
  });
  const attributeFilter = ["src", "srcset", "sizes", "media", "type", "crossorigin"];
  observer.observe(host, { subtree: true, childList: true, attributeFilter });
  const loaded = ({ target }: Event): void => {
    if (target !== host && target === slottedImage(slot)) changed("loaded");
  };
  host.addEventListener("load", loaded, { capture: true });
}
