/** Headless Chromium with WebGPU on the software driver, from the files that npm brought. */
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser } from "puppeteer";
import { unpackChromiumArchive } from "../../src/node/software-driver";

const COMMON = ["--headless", "--no-sandbox", "--mute-audio", "--disable-dev-shm-usage"];

/** Chromium looks for its Vulkan driver beside its own executable. */
function linkInto(folder: string, from: string): void {
  for (const file of readdirSync(from)) {
    try {
      symlinkSync(join(from, file), join(folder, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

interface LaunchOptions {
  readonly webgpu?: boolean;
  readonly profile?: string;
  /** Address of a proxy for all requests but those to this machine. */
  readonly proxy?: string;
}

/**
 * Starts Chromium of the npm package @sparticuz/chromium, which needs no library of the system. CHROMIUM_PATH names
 * another Chromium or Chrome, used with its own drivers. Without `webgpu`, there is no adapter. `profile`: a folder in which the browser keeps what pages store.
 */
export async function launchBrowser({ webgpu = true, profile, proxy }: LaunchOptions = {}): Promise<Browser> {
  const own = process.env["CHROMIUM_PATH"];
  const common = [...COMMON, webgpu ? "--enable-unsafe-webgpu" : "--disable-gpu"];
  if (proxy) common.push(`--proxy-server=${proxy}`);
  if (own) return puppeteer.launch({ executablePath: own, args: common, userDataDir: profile });
  const chromium = await unpackChromiumArchive("chromium.br");
  const libraries = await unpackChromiumArchive("al2023.tar.br");
  const driver = await unpackChromiumArchive("swiftshader.tar.br");
  linkInto(chromium, driver);
  const paths = [join(libraries, "lib"), driver, process.env["LD_LIBRARY_PATH"] ?? ""].filter(Boolean);
  return puppeteer.launch({
    executablePath: join(chromium, "chromium"),
    args: [
      ...common,
      "--use-webgpu-adapter=swiftshader",
      "--disable-background-networking",
      "--disable-component-update",
    ],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: paths.join(":"),
      VK_ICD_FILENAMES: join(driver, "vk_swiftshader_icd.json"),
    },
    userDataDir: profile,
    // A prediction on the software driver takes many seconds.
    protocolTimeout: 300_000,
  });
}
