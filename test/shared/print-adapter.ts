/** Prints the adapter that tests run on, and which optional features it has. */
import { requestNodeDevice } from "../../src/node/device";
import { describeDevice } from "../../src/gpu/device";
import { OPTIONAL } from "./optional-features";

const device = await requestNodeDevice();
const features = OPTIONAL.map((name) => `${device.features.has(name) ? "with" : "without"} ${name}`);
const driver = process.env["COLORIZE_ADAPTER"] || "auto";
process.stdout.write(`${describeDevice(device)} (COLORIZE_ADAPTER=${driver}), ${features.join(", ")}\n`, () =>
  process.exit(),
);
