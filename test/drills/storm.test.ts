import { expect, it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { runStormDrill } from "./stormDrill.ts";

it("gets 60 clients back after a kill, and they stay", async () => {
  const few = { clients: 60, processes: 1, downMs: 0, watchMs: 400 };
  const { leastAfterwards, failures } = await runStormDrill({ ...few, directory: temporaryFolder() });
  expect(failures).toBeGreaterThanOrEqual(60);
  expect(leastAfterwards).toBeGreaterThanOrEqual(0.9);
}, 120_000);
