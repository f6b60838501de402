import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    globalSetup: ["./test/support/globalSetup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Files share the modules of their worker, which saves a quarter of the time: what a test changes in them it puts back.
    isolate: false,
    reporters: ["default", "./test/support/closingLine.ts"],
  },
});
