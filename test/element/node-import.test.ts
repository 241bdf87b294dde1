import { expect, it } from "vitest";
import { ColorizeCanvas } from "../../src/element";

it("loads where there is no DOM, as servers do that render pages", () => {
  expect(typeof customElements).toBe("undefined");
  expect(ColorizeCanvas.observedAttributes).toContain("src");
});
