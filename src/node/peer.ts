/** Loads npm packages that only Node needs, when they are used. They are optional, so that pages need not install them. */
import { DeviceError, ImageError, type EngineError, type ErrorFacts } from "../base/errors";

/**
 * The module that `load` imports. Throws `Failure`, which says what to install, where the package is missing: the version that
 * package.json allows, as npm refuses a newer one beside this package.
 */
async function peer<T>(
  name: string,
  version: string,
  load: () => Promise<T>,
  Failure: new (facts: ErrorFacts) => EngineError,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw cause;
    throw new Failure({
      where: "colorize-canvas/node",
      expected: `the npm package ${name}`,
      received: "none",
      hint: `npm install ${name}@${version}`,
      cause,
    });
  }
}

/** Throws DeviceError. */
export const loadWebgpu = () => peer("webgpu", "0.6", () => import("webgpu"), DeviceError);

/** Throws DeviceError. */
export const loadTar = () => peer("tar", "7", () => import("tar"), DeviceError);

/** Throws ImageError. */
export const loadSharp = async () => (await peer("sharp", "0.35", () => import("sharp"), ImageError)).default;
