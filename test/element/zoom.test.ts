/** The arithmetic of zooming; test/browser/element-zoom.test.ts and page-closer.test.ts zoom in a browser. */
import { expect, it } from "vitest";
import { scaledAbout, within } from "../../src/element/zoom";

it("a point under the pointer stays there, and the picture covers the frame or is in its middle", () => {
  const view = scaledAbout({ scale: 1, x: 10, y: 0 }, 2, 50, -20);
  expect(view).toEqual({ scale: 2, x: -30, y: 20 });
  const sizes = { frame: { width: 400, height: 300 }, picture: { width: 150, height: 300 } };
  expect(within({ scale: 2, x: 99, y: 999 }, sizes)).toEqual({ scale: 2, x: 0, y: 150 });
  expect(within({ scale: 4, x: -999, y: 0 }, sizes)).toEqual({ scale: 4, x: -100, y: 0 });
});
