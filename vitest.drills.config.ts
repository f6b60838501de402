import { defineConfig } from "vitest/config";

/** Drills: minutes instead of seconds, so commands of their own. */
export default defineConfig({
  test: {
    include: ["test/drills/**/*.drill.ts"],
    environment: "node",
    reporters: ["default"],
    maxWorkers: 1,
    disableConsoleIntercept: true,
  },
});
