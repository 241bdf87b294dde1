/** What a browser tells of its machine. */
import type { Facts } from "../results";

interface Hints {
  readonly userAgentData?: { readonly platform: string };
  readonly deviceMemory?: number;
}

/** `versions`: of the packages in the page. */
export function pageFacts(versions: Facts["versions"]): Facts {
  const { userAgentData, deviceMemory } = navigator as Navigator & Hints;
  return {
    date: new Date().toISOString(),
    cores: navigator.hardwareConcurrency,
    // Browsers round it, and most say at most 8.
    ...(deviceMemory !== undefined && { memoryGiB: deviceMemory }),
    system: userAgentData?.platform || (/\(([^;)]+)/.exec(navigator.userAgent)?.[1] ?? "unknown"),
    versions,
  };
}

/** "Firefox 150" or the like. */
export function browserName(): string {
  const found = /(Firefox|Edg|OPR|HeadlessChrome|Chrome)\/(\d+)/.exec(
    navigator.userAgent.replace(/Chrome(?=.*(Edg|OPR)\/)/, ""),
  );
  if (found) return `${found[1]} ${found[2]}`;
  const safari = /Version\/([\d.]+).*Safari/.exec(navigator.userAgent);
  return safari ? `Safari ${safari[1]}` : navigator.userAgent;
}

/** The card's name by WebGL, which says more than WebGPU does; undefined where the browser hides it. */
export function cardName(): string | undefined {
  const gl = document.createElement("canvas").getContext("webgl", { powerPreference: "high-performance" });
  const unmasked = gl?.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = unmasked && gl?.getParameter(unmasked.UNMASKED_RENDERER_WEBGL);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" && name !== "" ? name : undefined;
}
