/** The worker that colours on devices of its own. */
import { Colorizer } from "../colorizer/colorizer";
import { serve } from "./serve";

serve((options) => Colorizer.load(options), "gpu" in navigator && typeof OffscreenCanvas !== "undefined");
