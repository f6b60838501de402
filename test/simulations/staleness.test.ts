import { describe, expect, it } from "vitest";
import { createStrategy, type StrategyOptions } from "../../server/strategies/createStrategy.ts";
import type { Strategy } from "../../server/strategies/strategy.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { defineRunPlan, type RunPlanOptions } from "../../shared/protocol/runPlan.ts";
import type { Happening } from "../../simulations/happening.ts";
import { createStragglers } from "../../simulations/stragglers.ts";
import { createVirtualClock } from "../../simulations/virtualClock.ts";
import { createVirtualCoordinator } from "../../simulations/virtualCoordinator.ts";

interface Offered {
  readonly ticket: string;
  /** Commits made before the offer, counted here. */
  readonly commits: number;
  /** What it was handed. */
  readonly params: Float32Array;
}

interface Answered {
  readonly client: number;
  readonly staleness: number;
  readonly base: Float32Array | undefined;
}

/** A coordinator of four clients that answer when they are told to; what the strategy was told of each answer. */
function createRun(options: Pick<RunPlanOptions, "strategy" | "cohort" | "maxStaleness">, also: StrategyOptions = {}) {
  const plan = defineRunPlan({
    runId: "0".repeat(32),
    name: "stale",
    modelHash: `sha256-${"0".repeat(64)}`,
    ...options,
  });
  const offers = new Map<number, Offered>();
  const answered: Answered[] = [];
  let commits = 0;
  const inner = createStrategy(plan, 1, also);
  const strategy: Strategy = {
    ...inner,
    openRound(state, round) {
      const fold = inner.openRound(state, round);
      const add: typeof fold.add = (contribution) => {
        fold.add(contribution);
        const { clientId, staleness, base } = contribution;
        answered.push({ client: Number(clientId), staleness, base });
      };
      return Object.create(fold, { add: { value: add } });
    },
  };
  const coordinator = createVirtualCoordinator({
    ...{ seed: 1, plan, strategy },
    eligible: [0, 1, 2, 3].map((client) => ({ id: String(client), numExamples: 1 })),
    params: new Float32Array(1),
    hashParams: (params) => contentHash(nobleSha256, new Uint8Array(params.slice().buffer)),
    clock: createVirtualClock<Happening>(),
    clients: {
      deliver(client, event) {
        if (event.type !== "offer") return;
        const { ticket } = event.offer;
        offers.set(client, { ticket, commits, params: coordinator.handedWith(ticket)!.params });
      },
      isUploading: () => true,
      participants: () => [],
      traffic: () => ({ uplinkBytes: 0, downlinkBytes: 0 }),
    },
    stragglers: createStragglers(undefined, 1, 1),
  });
  return {
    coordinator,
    offers,
    answered,
    /** A client sends its delta; after the update that closes a commit the next one opens. */
    answer(client: number, delta = 1) {
      const { ticket } = offers.get(client)!;
      offers.delete(client);
      const update = { delta: Float32Array.of(delta), numExamples: 1, numSteps: 1, trainLoss: 1 };
      coordinator.receive(client, ticket, 1, { ...update, parts: new Map(), metrics: {}, kept: new Map() });
      if (coordinator.ended() === undefined) return;
      commits++;
      coordinator.open();
    },
  };
}

describe("staleness in a simulation", () => {
  it("hands nothing out for a ticket whose place was given away, however late its client comes for it", () => {
    const strategy = { kind: "fedasync", alpha: 0.5, concurrency: 2 } as const;
    const run = createRun({ strategy, cohort: { size: 1 }, maxStaleness: 1 });
    run.coordinator.open();
    const { ticket } = [...run.offers.values()][0]!;
    for (let commit = 0; commit < 2; commit++) {
      run.answer([...run.offers.keys()].find((client) => run.offers.get(client)!.ticket !== ticket)!);
    }
    expect(run.coordinator.handedWith(ticket)).toBeUndefined();
  });

  it("is the commits between an offer and its answer, however long each client takes", () => {
    const run = createRun({ strategy: { kind: "fedasync", alpha: 0.5, concurrency: 3 }, cohort: { size: 1 } });
    run.coordinator.open();
    const expected: number[] = [];
    // The oldest offer, the newest, the one between, again and again: some answer at once and some after long.
    for (let turn = 0; turn < 40; turn++) {
      expect(run.offers.size).toBe(3); // as many as work at the same time, always
      const waiting = [...run.offers].sort(([, a], [, b]) => a.commits - b.commits);
      const [client, { commits }] = waiting[[0, 2, 2, 1][turn % 4] as number]!;
      expected.push(turn - commits);
      run.answer(client);
    }
    expect(run.answered.map(({ staleness }) => staleness)).toEqual(expected);
    expect(Math.max(...expected)).toBeGreaterThan(3);
    expect(expected).toContain(0);
  });

  it("goes with the params that the client was handed, not with the latest", () => {
    const run = createRun({
      strategy: { kind: "fedasync", alpha: 0.5, exponent: 1, concurrency: 3 },
      cohort: { size: 1 },
    });
    run.coordinator.open();
    const [first, second, third] = [...run.offers.keys()] as [number, number, number];
    const handed = run.offers.get(third)!.params;
    run.answer(first, 8);
    expect(run.coordinator.params()[0]).toBe(4); // 0 + 0.5 · (0 + 8 - 0)
    run.answer(second, 8);
    expect(run.coordinator.params()[0]).toBe(5); // 4 + 0.25 · (0 + 8 - 4)
    run.answer(third, 8);
    expect(run.answered.at(-1)).toEqual({ client: third, staleness: 2, base: handed });
    expect(run.coordinator.params()[0]).toBe(5.5); // 5 + 0.5 / 3 · (0 + 8 - 5)
  });

  it("weighs the updates of one buffer by it", () => {
    const run = createRun({ strategy: { kind: "fedbuff", concurrency: 3 }, cohort: { size: 2, quorum: 2 } });
    run.coordinator.open();
    const [first, second, third] = [...run.offers.keys()] as [number, number, number];
    run.answer(first, 2);
    run.answer(second, 4);
    expect(run.coordinator.params()[0]).toBe(3);
    const fresh = [...run.offers.keys()].find((client) => client !== third) as number;
    run.answer(third, 8);
    run.answer(fresh, 2);
    expect(run.answered.map(({ staleness }) => staleness)).toEqual([0, 0, 1, 0]);
    expect(run.coordinator.params()[0]).toBeCloseTo(3 + (8 / Math.SQRT2 + 2) / 2, 5);
  });

  it("leaves a running statistic among the levels that its clients measured", () => {
    const strategy = { kind: "fedbuff", concurrency: 3 } as const;
    const run = createRun({ strategy, cohort: { size: 2, quorum: 2 } }, { statistics: [{ offset: 0, length: 1 }] });
    run.coordinator.open();
    const [first, second, third] = [...run.offers.keys()] as [number, number, number];
    run.answer(first, 8);
    run.answer(second, 8);
    expect(run.coordinator.params()[0]).toBe(8);
    const fresh = [...run.offers.keys()].find((client) => client !== third) as number;
    run.answer(third, 4); // from 0 to 4
    run.answer(fresh, 0);
    expect(run.coordinator.params()[0]).toBeCloseTo(8 + (4 - 8) / Math.SQRT2 / 2, 5);
  });

  it("beyond the plan's bound frees the client for a new offer", () => {
    const strategy = { kind: "fedasync", alpha: 0.5, concurrency: 2 } as const;
    const run = createRun({ strategy, cohort: { size: 1 }, maxStaleness: 3 });
    run.coordinator.open();
    const silent = [...run.offers.keys()][0] as number;
    const { ticket } = run.offers.get(silent)!;
    const other = (): number => [...run.offers.keys()].find((client) => run.offers.get(client)!.ticket !== ticket)!;
    for (let commit = 1; commit <= 3; commit++) {
      run.answer(other());
      expect(run.offers.get(silent)?.ticket).toBe(ticket); // 3 commits behind is still in time
    }
    run.answer(other());
    // Two new ones work now; an answer to the old offer changes nothing.
    const current = [...run.offers].filter(([, offer]) => offer.ticket !== ticket);
    expect(current).toHaveLength(2);
    const before = run.answered.length;
    run.offers.set(silent, { ticket, commits: 0, params: new Float32Array(1) });
    run.answer(silent);
    expect(run.answered).toHaveLength(before);
  });
});
