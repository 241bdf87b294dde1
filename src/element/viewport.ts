/** Resolves when an element is within a screen's height of the viewport. Throws the signal's reason when aborted. */
export function nearViewport(element: Element, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        resolve();
      },
      { rootMargin: "100% 0px" },
    );
    signal.addEventListener("abort", () => {
      observer.disconnect();
      reject(signal.reason);
    });
    observer.observe(element);
  });
}
