import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { runFailpointDrill } from "./store/failpointDrill.ts";

it("loses nothing that it acknowledged when it ends at any failpoint of a run", async () => {
  const result = await runFailpointDrill({ directory: memoryFolder(), rounds: 1, every: 1, everyAgain: 0 });
  expect(result.numCrashes).toBeGreaterThan(100);
  for (const step of ["writeNew", "rename", "syncFolder", "COMMIT", "insert", "ack"]) {
    expect(result.kinds).toContain(`before ${step}`);
    expect(result.kinds).toContain(`after ${step}`);
  }
}, 60_000);

it("loses nothing that it acknowledged when it ends again while it recovers", async () => {
  const result = await runFailpointDrill({ directory: memoryFolder(), rounds: 1, every: 29, everyAgain: 11 });
  expect(result.numCrashes).toBeGreaterThan(10);
}, 60_000);
