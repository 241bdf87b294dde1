/** The error that a call throws, to look at more than its message. */

/** What `run` throws, which must be a `type`: any other error is thrown on. */
export function thrownBy<E extends Error>(type: abstract new (...args: never[]) => E, run: () => unknown): E {
  try {
    run();
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
