import { defineConfig } from "vitest/config";
import { wgsl } from "./tools/vite-wgsl.ts";

export default defineConfig({
  plugins: [wgsl()],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/shared/builds-folder.ts",
    reporters: ["default", "./test/shared/adapter-report.ts"],
    // Dawn does not survive worker threads; two processes suit two cores.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
