import { describe, expect, it } from "vitest";
import { createStrategy } from "../../server/strategies/createStrategy.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { createRng } from "../../shared/base/rng.ts";
import { defineRunPlan } from "../../shared/protocol/runPlan.ts";
import type { Happening } from "../../simulations/happening.ts";
import { createVirtualClock } from "../../simulations/virtualClock.ts";
import { createVirtualCoordinator } from "../../simulations/virtualCoordinator.ts";
import { virtualTicket } from "../../simulations/virtualTicket.ts";

const NUM_PARAMS = 1000;

/**
 * Three updates of weight 7: 8, -8 and t between 0 and 1e-6. In f64, 56 + 7t keeps 7t to 7e-15, a hundred-millionth of it, so
 * what is left when the large values cancel depends on the order, and shows in the f32 of many of 1,000 params.
 */
const WEIGHT = 7;
const SMALL = createRng(11);
const DELTAS = [
  new Float32Array(NUM_PARAMS).fill(8),
  new Float32Array(NUM_PARAMS).fill(-8),
  Float32Array.from({ length: NUM_PARAMS }, () => 1e-6 * SMALL.nextFloat()),
] as const;

/** The params after one round whose updates arrive in this order. */
function paramsAfter(order: readonly number[]): Uint32Array {
  const plan = defineRunPlan({
    runId: "0".repeat(32),
    name: "cancelling",
    modelHash: `sha256-${"0".repeat(64)}`,
    cohort: { size: 3, quorum: 3 },
  });
  const coordinator = createVirtualCoordinator({
    seed: 1,
    plan,
    numClients: 3,
    strategy: createStrategy(plan, NUM_PARAMS),
    params: new Float32Array(NUM_PARAMS),
    hashParams: (params) => contentHash(nobleSha256, new Uint8Array(params.slice().buffer)),
    clock: createVirtualClock<Happening>(),
    clients: {
      deliver() {},
      isUploading: () => true,
      participants: () => [],
      traffic: () => ({ uplinkBytes: 0, downlinkBytes: 0 }),
    },
  });
  coordinator.open();
  for (const client of order) {
    const delta = DELTAS[client] as Float32Array;
    const numExamples = WEIGHT;
    coordinator.receive(client, virtualTicket(0, 0, client), 1, {
      delta,
      numExamples,
      numSteps: 1,
      trainLoss: 1 / (client + 3),
    });
  }
  expect(coordinator.ended()).toMatchObject({ round: 0, cohort: 3, accepted: 3, examples: 3 * WEIGHT });
  return new Uint32Array(coordinator.params().slice().buffer);
}

describe("the virtual coordinator", () => {
  it("commits the same bits for every order of arrival, even where large values cancel", () => {
    const expected = paramsAfter([0, 1, 2]);
    for (const order of [
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      expect(paramsAfter(order)).toEqual(expected);
    }
  });

  it("is given values on which adding in f64 does depend on the order", () => {
    const sums = [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ].map((order) =>
      Float32Array.from(
        { length: NUM_PARAMS },
        (_, i) => order.reduce((sum, client) => sum + WEIGHT * (DELTAS[client]?.[i] ?? 0), 0) / (3 * WEIGHT),
      ),
    );
    expect(sums.some((sum) => sum.some((value, i) => value !== sums[0]?.[i]))).toBe(true);
  });
});
