import { describe, expect, it } from "vitest";
import { createStrategy } from "../../server/strategies/createStrategy.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { createRng } from "../../shared/base/rng.ts";
import { defineRunPlan, type RunPlan } from "../../shared/protocol/runPlan.ts";
import type { Happening } from "../../simulations/happening.ts";
import { createStragglers } from "../../simulations/stragglers.ts";
import type { VirtualClients } from "../../simulations/virtualClients.ts";
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

const NOTHING_ELSE = { parts: new Map(), metrics: {}, kept: new Map() };

function createCoordinator(cohort: Partial<RunPlan["cohort"]>, deliver: VirtualClients["deliver"] = () => {}) {
  const plan = defineRunPlan({
    runId: "0".repeat(32),
    name: "cancelling",
    modelHash: `sha256-${"0".repeat(64)}`,
    cohort,
  });
  return createVirtualCoordinator({
    seed: 1,
    plan,
    eligible: [0, 1, 2].map((client) => ({ id: String(client), numExamples: WEIGHT })),
    strategy: createStrategy(plan, NUM_PARAMS),
    params: new Float32Array(NUM_PARAMS),
    hashParams: (params) => contentHash(nobleSha256, new Uint8Array(params.slice().buffer)),
    clock: createVirtualClock<Happening>(),
    clients: {
      deliver,
      isUploading: () => true,
      participants: () => [],
      traffic: () => ({ uplinkBytes: 0, downlinkBytes: 0 }),
    },
    stragglers: createStragglers(undefined, 1, 1),
  });
}

/** The params after one round whose updates arrive in this order. */
function paramsAfter(order: readonly number[]): Uint32Array {
  const coordinator = createCoordinator({ size: 3, quorum: 3 });
  coordinator.open();
  for (const client of order) {
    const delta = DELTAS[client] as Float32Array;
    const numExamples = WEIGHT;
    coordinator.receive(client, virtualTicket(0, 0, client), 1, {
      delta,
      numExamples,
      numSteps: 1,
      trainLoss: 1 / (client + 3),
      ...NOTHING_ELSE,
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

  it.each([
    ["round-robin", [2, 2, 2]], // in turn
    ["power-of-choice", [1, 1, 4]], // each once, then the one whose loss stays highest
  ] as const)("asks those whom the plan's %s sampler picks, by what they answered before", (kind, expected) => {
    const sampler = kind === "round-robin" ? { kind } : { kind, candidates: 3 };
    const asked = [0, 0, 0];
    let answer = (): void => {};
    const coordinator = createCoordinator({ size: 1, quorum: 1, sampler }, (client, event) => {
      if (event.type !== "offer") return;
      (asked[client] as number)++;
      const update = { delta: DELTAS[2], numExamples: WEIGHT, numSteps: 1, trainLoss: client, ...NOTHING_ELSE };
      answer = () => coordinator.receive(client, event.offer.ticket, 1, update);
    });
    for (let round = 0; round < 6; round++) {
      coordinator.open();
      answer();
      expect(coordinator.ended()).toMatchObject({ round, accepted: 1 });
    }
    expect(asked).toEqual(expected);
  });
});
