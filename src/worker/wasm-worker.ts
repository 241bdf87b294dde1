/** The worker that colours without a GPU, by onnxruntime-web. */
import { WasmColorizer } from "../fallback/wasm-colorizer";
import { serve } from "./serve";

// The page has resolved the address.
serve(
  (options) => WasmColorizer.load({ ...options, fallback: options.fallback! }),
  typeof OffscreenCanvas !== "undefined",
);
