/** Finds a machine's Vulkan drivers, so that users need not configure them. */
import { messageOf } from "../../src/base/errors";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AdapterFacts } from "../steps/adapter";

/** Access to a machine's files; tests pass a stand-in. */
export interface Files {
  /** Names in a folder; empty for a missing folder. */
  list(folder: string): readonly string[];
}

const MACHINE: Files = { list: (folder) => (existsSync(folder) ? readdirSync(folder) : []) };

/** One configuration of Vulkan. */
export interface DriverChoice {
  readonly name: string;
  /** The driver's description (ICD file) for VK_DRIVER_FILES; absent: the environment's setting. */
  readonly file?: string;
  /** Content to write to `file` first. */
  readonly content?: string;
}

/** Folders of drivers' descriptions (ICD files). */
const DESCRIPTIONS = [
  "/usr/local/nvidia/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
  "/usr/local/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
  "/run/opengl-driver/share/vulkan/icd.d",
];

/** Folders of drivers' libraries outside the system's search path. */
const LIBRARIES = ["/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib"];

/** The system's search path of libraries. */
const SYSTEM_LIBRARIES = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib"];

/** Libraries of NVIDIA's driver, which some machines have without a description; the second needs no X11. */
const NVIDIA = ["libGLX_nvidia.so.0", "libEGL_nvidia.so.0"];

/** Existing folders to add to LD_LIBRARY_PATH. */
export function foldersOfLibraries(files = MACHINE): string[] {
  return LIBRARIES.filter((folder) => files.list(folder).length > 0);
}

/**
 * Configurations to try, in this order, until one has a GPU: only the user's choice where there is one; else every GPU
 * driver; NVIDIA's library without a description, which is then written into `folder`; software drivers; the loader's
 * own search.
 */
export function driverChoices(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  files = MACHINE,
): DriverChoice[] {
  const chosen = (["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const).find((name) => env[name]);
  if (chosen) return [{ name: `${chosen}=${env[chosen]}` }];
  const found = DESCRIPTIONS.flatMap((place) =>
    files
      .list(place)
      .filter((name) => name.endsWith(".json") && !/i[3-6]86|armv|aarch64/.test(name))
      .toSorted()
      .map((name) => ({ rank: rankOf(name), choice: { name: join(place, name), file: join(place, name) } })),
  );
  const software = 3;
  const ranked = (from: number, to: number): DriverChoice[] =>
    found
      .filter(({ rank }) => rank >= from && rank < to)
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ choice }) => choice);
  const everywhere = [...LIBRARIES, ...SYSTEM_LIBRARIES].flatMap((place) => files.list(place));
  const undescribed = NVIDIA.filter((library) => everywhere.includes(library)).map((library) => ({
    name: `${library} without a description`,
    file: join(folder, `${library}.json`),
    content: JSON.stringify({ file_format_version: "1.0.1", ICD: { library_path: library, api_version: "1.3.0" } }),
  }));
  return [
    ...ranked(0, software),
    ...undescribed,
    ...ranked(software, Infinity),
    { name: "what the Vulkan loader finds by itself" },
  ];
}

function rankOf(name: string): number {
  if (/nvidia/.test(name)) return 0;
  if (/radeon|amd/.test(name)) return 1;
  return /lvp|lavapipe|swiftshader/.test(name) ? 3 : 2;
}

/** A choice without an adapter, and the reason. */
export interface Refusal {
  readonly name: string;
  readonly error: string;
}

/**
 * The first choice with a GPU, else the first with any adapter, else the reasons of all refusals. `ask` starts Vulkan in a
 * separate process and rejects where it finds no adapter.
 */
export async function findAdapter(
  choices: readonly DriverChoice[],
  ask: (choice: DriverChoice) => Promise<AdapterFacts>,
): Promise<{ readonly probe: AdapterFacts; readonly choice: DriverChoice } | { readonly tried: readonly Refusal[] }> {
  const tried: Refusal[] = [];
  let software: { probe: AdapterFacts; choice: DriverChoice } | undefined;
  for (const choice of choices) {
    try {
      const probe = await ask(choice);
      if (!probe.software) return { probe, choice };
      software ??= { probe, choice };
    } catch (error) {
      tried.push({ name: choice.name, error: messageOf(error) });
    }
  }
  return software ?? { tried };
}

/** The message that says what to do where no adapter was found. */
export function noAdapterText(tried: readonly Refusal[]): string {
  return [
    "No Vulkan adapter was found. Tried:",
    ...tried.map(({ name, error }) => `  ${name}: ${error}`),
    "Set VK_DRIVER_FILES to the description (ICD file) of this machine's Vulkan driver, for example",
    "  VK_DRIVER_FILES=/usr/share/vulkan/icd.d/nvidia_icd.json ./run.sh --out results",
    "and LD_LIBRARY_PATH to the folder of its libraries if they are in an unusual place.",
  ].join("\n");
}
