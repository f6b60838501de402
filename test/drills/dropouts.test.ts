import { expect, it } from "vitest";
import { runDropoutsDrill, runStragglersDrill } from "./dropoutsDrill.ts";

it("closes rounds that 30 % of the members leave with the exact sum of the updates that arrived", async () => {
  const result = await runDropoutsDrill({ seed: 3, rounds: 4, numClients: 10 });
  expect(result.members).toBe(40);
  expect(result.missing).toBeGreaterThan(0);
  expect(result.leftButCounted).toBeGreaterThan(0);
});

it("closes rounds with members that never answer at the deadline, and refuses what comes later", async () => {
  expect(await runStragglersDrill({ seed: 4, rounds: 2, numClients: 10 })).toMatchObject({ members: 20, missing: 6 });
});
