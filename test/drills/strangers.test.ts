import { expect, it } from "vitest";
import { runMemoryDrill, runSlowPeersDrill } from "./strangersDrill.ts";

it("holds no more than its bounds for strangers who send all that they may and finish nothing", async () => {
  const result = await runMemoryDrill({ peers: 20, watchMs: 500, fragmentsEach: 1000 });
  for (const [name, { growth }] of Object.entries(result)) expect(growth, name).toBeLessThan(64 * 2 ** 20);
  expect(result["1000 fragments of one byte"]).toMatchObject({ open: 0 });
});

it("goes on with the rounds of honest members while others hold on to half-open connections", async () => {
  const few = { halfOpen: 20, slowBodies: 5, neverJoining: 20 };
  const { attacked } = await runSlowPeersDrill({ ...few, rounds: 5, untilGone: false });
  expect(attacked.length).toBeGreaterThanOrEqual(4);
});
