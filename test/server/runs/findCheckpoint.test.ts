import { expect, it } from "vitest";
import { createRoundSummaries, summaryOf } from "../../../server/rounds/roundSummaries.ts";
import { findCheckpoint } from "../../../server/runs/findCheckpoint.ts";
import type { HostedRun } from "../../../server/runs/hostedRun.ts";

const hashOf = (round: number): string => `sha256-${String(round).padStart(64, "0")}`;

/** 40 rounds, whose loss is lowest in round 3 and whose accuracy is highest in round 5; the last 8 and the best are kept. */
function longRun(): HostedRun {
  const summaries = createRoundSummaries({ metric: "testLoss", goal: "min" });
  for (let round = 0; round < 40; round++) {
    const metrics = { testLoss: round === 3 ? 0.1 : 1, testAccuracy: round === 5 ? 0.9 : 0.5 };
    summaries.add(summaryOf(round, hashOf(round), metrics));
  }
  const kept = new Set([3, 32, 33, 34, 35, 36, 37, 38, 39].map(hashOf));
  const hosted = {
    run: { plan: { name: "long", runId: "0".repeat(32) } },
    rounds: () => summaries.list().slice(10), // the older ones are no longer listed
    coordinator: { view: { summaries, paramsHash: hashOf(39) } },
    params: async (hash: string) => (kept.has(hash) ? new Uint8Array(1) : undefined),
    store: { hasBlob: async (hash: string) => kept.has(hash) },
  };
  return hosted as unknown as HostedRun;
}

it("goes on from the best round by the run's objective, however long ago it was", async () => {
  const { forkedFrom } = await findCheckpoint(longRun(), 3);
  expect(forkedFrom).toMatchObject({ round: 3 });
});

it("says which rounds are kept: the last, and the best by the run's objective", async () => {
  await expect(findCheckpoint(longRun(), 5)).rejects.toThrow(
    "run long has no params of round 6 (counted from 0: 5); " +
      "kept are those of 4, 33, 34, 35, 36, 37, 38, 39, 40 (counted from 0: 3, 32, 33, 34, 35, 36, 37, 38, 39)",
  );
});
