/** The worker that draws pictures on a canvas of the page. */
import type { Answer, Called, Greeting } from "./messages";

let context: OffscreenCanvasRenderingContext2D | null = null;

// What is thrown here, as of a canvas that is too large, ends the page's connection.
addEventListener("message", ({ data: call }: MessageEvent<Called<"draw">>) => {
  const { canvas, data, width } = call.arguments;
  if (canvas) context = canvas.getContext("2d");
  context!.putImageData(new ImageData(data, width), 0, 0);
  postMessage({ id: call.id, value: undefined } satisfies Answer);
});
postMessage({ able: typeof OffscreenCanvas !== "undefined" } satisfies Greeting);
