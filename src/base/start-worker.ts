/** Starts workers, where pages demand Trusted Types, too. */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/**
 * Calls `start`, which is `() => new Worker(new URL(...))`: bundlers recognise a worker by this expression alone. Where a page demands
 * Trusted Types, a worker's address must come from a policy, so a subclass that applies the policy stands in for Worker during the call.
 */
export function startWorker(start: () => Worker): Worker {
  const { Worker: Original, trustedTypes } = globalThis as typeof globalThis & { trustedTypes?: TrustedTypes };
  if (!trustedTypes) return start();
  const own = (policy ??= trustedTypes.createPolicy("colorize-canvas", { createScriptURL: (url) => url }));
  globalThis.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(own.createScriptURL(String(url)), options);
    }
  };
  try {
    return start();
  } finally {
    globalThis.Worker = Original;
  }
}
