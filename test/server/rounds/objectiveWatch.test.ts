import { describe, expect, it } from "vitest";
import { createRoundSummaries, summaryOf } from "../../../server/rounds/roundSummaries.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { readRunHistory } from "../../../server/store/runHistory.ts";
import type { Store } from "../../../server/store/store.ts";
import type { Objective } from "../../../shared/protocol/evaluationPlan.ts";
import { openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** What a round's metric was; a gap is a round without it. */
type Figures = readonly (number | undefined)[];

/** After how many of these rounds the objective is reached, and why; undefined if never. */
function verdict(objective: Objective, figures: Figures) {
  const summaries = createRoundSummaries(objective);
  for (const [round, value] of figures.entries()) {
    summaries.add(summaryOf(round, `params ${round}`, value === undefined ? {} : { [objective.metric]: value }));
    const { reached: reason } = summaries;
    if (reason !== undefined) return { rounds: round + 1, reason };
  }
  return undefined;
}

const maximised = (rounds: number, minChange: number): Objective => ({
  ...{ metric: "testAccuracy", goal: "max", plateau: { rounds, minChange } },
});
const minimised = (rounds: number, minChange: number): Objective => ({
  ...{ metric: "testLoss", goal: "min", plateau: { rounds, minChange } },
});

/** Figures are sums of powers of two: their differences are exact. */
const plateaus: readonly (readonly [
  name: string,
  rounds: number,
  minChange: number,
  figures: Figures,
  end: number | undefined,
])[] = [
  ["goes on while each round is better", 2, 0, [1, 2, 3, 4, 5, 6], undefined],
  ["needs one round more than it lasts: the first has nothing before it", 3, 0, [5, 5, 5], undefined],
  ["ends with the round that completes it", 3, 0, [5, 5, 5, 5], 4],
  ["ends one round after the best when it lasts one", 1, 0, [1, 2, 2, 9], 3],
  ["ends where it gets worse as where it stays", 2, 0, [1, 4, 3, 2, 9], 4],
  ["begins anew with each improvement", 2, 0, [1, 1, 2, 2, 3, 3, 3, 9], 7],
  ["compares with the best so far, not with the round before", 2, 0, [8, 1, 2, 3, 9], 3],
  ["takes a change of exactly minChange for none", 2, 0.25, [1, 1.25, 1.25, 9], 3],
  ["takes a change just above minChange for one", 2, 0.25, [1, 1.25 + 2 ** -20, 1, 9], undefined],
  ["adds small steps up over its rounds", 2, 0.25, [1, 1.125, 1.375, 1.5, 1.75], undefined],
  ["measures steps from the last that counted, not from the best", 2, 0.25, [1, 1.25, 1.375, 1.4375, 9], undefined],
  ["ends where they add up to no more than minChange", 2, 0.25, [1, 1.125, 1.25, 9], 3],
  ["judges figures around zero", 2, 0.5, [-1, -0.5, -0.75, 9], 3],
  ["does not count rounds without the metric", 2, 0, [5, undefined, 5, undefined, undefined, 5, 9], 6],
  ["is not reached in a round without the metric sooner than it was", 2, 0, [5, 5, undefined, undefined], undefined],
  ["says nothing before any round has the metric", 1, 0, [undefined, undefined, undefined], undefined],
];

describe.each([
  ["maximised", maximised, 1],
  ["minimised", minimised, -1],
] as const)("the plateau of a %s metric", (_, objective, sign) => {
  it.each(plateaus)("%s", (_, rounds, minChange, figures, end) => {
    const signed = figures.map((value) => (value === undefined ? undefined : sign * value));
    const { metric } = objective(rounds, minChange);
    const reason = `${metric} did not get better by more than ${minChange} for ${rounds} rounds`;
    expect(verdict(objective(rounds, minChange), signed)).toEqual(end && { rounds: end, reason });
  });
});

it.each([
  ["testAccuracy", "max", [0.25, 0.75, 0.5]],
  ["testLoss", "min", [2, 0.75, 1]],
  ["testMacroF1", "max", [0.25, 0.75, 0.5]], // among a round's further metrics
] as const)("has the target of %s (%s) with the round that is at it, however the next ones are", (metric, goal, figures) => {
  const objective: Objective = { metric, goal, target: 0.75 };
  const reached = { rounds: 2, reason: `${metric} is 0.75 after 2 rounds: the target of 0.75 is reached` };
  expect(verdict(objective, figures)).toEqual(reached);
  const beyond = goal === "max" ? 0.75 + 2 ** -20 : 0.75 - 2 ** -20;
  expect(verdict({ ...objective, target: beyond }, figures)).toBeUndefined();
});

describe("target and plateau together", () => {
  const both: Objective = { ...maximised(2, 0.25), target: 4 };

  it.each<[name: string, figures: Figures, end: number, reason: RegExp]>([
    ["the target where it comes first", [1, 4, 4, 4], 2, /the target of 4 is reached/],
    ["the plateau where it comes first", [1, 1, 1, 4], 3, /did not get better by more than 0.25 for 2 rounds/],
    ["the target where one round has both", [3.75, 3.75, 4], 3, /the target of 4 is reached/],
  ])("name %s", (_, figures, end, reason) => {
    expect(verdict(both, figures)).toEqual({ rounds: end, reason: expect.stringMatching(reason) });
  });
});

it("counts rounds that are no longer listed", () => {
  const figures = Array.from({ length: 25_000 }, (_, round) => (round % 5 === 0 ? 1 : undefined));
  expect(verdict(maximised(3000, 0), figures)).toMatchObject({ rounds: 15_001 });
});

it("is never reached without a target or a plateau, and without an objective", () => {
  expect(verdict({ metric: "testAccuracy", goal: "max" }, [0, 1, 1, 1])).toBeUndefined();
  expect(createRoundSummaries().reached).toBeUndefined();
});

describe("a run with an objective", () => {
  const objective: Objective = { ...maximised(2, 0.25), target: 4 };
  const figures = [1, undefined, 1.5, 1.75, undefined, 1.5, 9] as const; // 1.75 is no more than minChange above 1.5
  const reached = { reason: "testAccuracy did not get better by more than 0.25 for 2 rounds", isReached: true };

  /** The run, going on wherever the journal ends; its rounds are judged by their number. */
  async function open(store: Store) {
    const clock = createVirtualClock();
    const evaluate = async () => {
      const value = figures[readRunHistory(store.events()).commits.length];
      return value === undefined ? {} : { testAccuracy: value };
    };
    const plan = { rounds: null, objective };
    const world = await openDirectWorld(["a"], { plan, ports: { store, clock, evaluate }, isUnopened: true });
    const history = () => readRunHistory(store.events());
    return {
      ...world,
      history,
      /** One more round, if there is one to play. */
      async playRound(): Promise<void> {
        clock.advance(60_000);
        await settle();
        if (history().open === undefined) return;
        const [a] = world.clients;
        expect(await a?.deliver(await a.update())).toMatchObject({ ok: true });
        await settle();
      },
    };
  }

  async function untilEnd(store: Store, { restarts }: { readonly restarts: boolean }) {
    let world = await open(store);
    for (let round = 0; round < figures.length && !world.coordinator.view.isFinished; round++) {
      await world.playRound();
      if (!restarts) continue;
      await world.coordinator.drain();
      world = await open(store);
    }
    await settle();
    const { commits, stopped, open: left } = world.history();
    return { rounds: commits.length, stopped, open: left, isFinished: world.coordinator.view.isFinished };
  }

  it.each([
    false,
    true,
  ])("ends after the same round for the same reason (restarted after each: %s)", async (restarts) => {
    const end = await untilEnd(createMemoryStore(), { restarts });
    expect(end).toEqual({ rounds: 6, stopped: reached, open: undefined, isFinished: true });
  });

  it("ends at the restart when it was killed between the last commit and the word of its end", async () => {
    const inner = createMemoryStore();
    const dying: Store = Object.create(inner, {
      append: {
        value: async (event: Parameters<Store["append"]>[0]) => {
          if (event.kind === "run-stopped") return new Promise(() => {}); // the process is gone
          return inner.append(event);
        },
      },
    });
    const before = await open(dying);
    for (let round = 0; round < 6; round++) await before.playRound();
    expect(before.history()).toMatchObject({ stopped: undefined, open: undefined });
    const after = await open(inner);
    await after.playRound();
    expect(after.history()).toMatchObject({ stopped: reached, open: undefined });
    expect(after.history().commits).toHaveLength(6);
  });
});
