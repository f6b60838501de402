import { describe, expect, it } from "vitest";
import { createRoundTally } from "../../../server/rounds/roundTally.ts";
import type { Contribution, RoundFold } from "../../../server/strategies/strategy.ts";
import { zooModel } from "../../../shared/models/zoo.ts";
import { encodeEvaluation } from "../../../shared/train/evaluationPart.ts";
import { standardMetric } from "../../../shared/train/standardMetric.ts";

const model = zooModel("softmax-regression");
const accuracy = standardMetric("accuracy", model);
const perClass = standardMetric("precisionRecallF1", model);

function foldOf(taken: Contribution[]): RoundFold {
  return {
    get numUpdates() {
      return taken.length;
    },
    get totalWeight() {
      return taken.reduce((sum, { weight }) => sum + weight, 0);
    },
    add: (contribution) => void taken.push(contribution),
    finish: () => ({ params: new Float32Array(1), vectors: new Map() }),
  };
}

function updateOf(clientId: string, changes: Partial<Contribution>): Contribution {
  const nothing = { delta: new Float32Array(1), parts: new Map(), metrics: {} };
  return { clientId, weight: 1, staleness: 0, ...nothing, ...changes };
}

/** 10 logits a row that say `label`. */
const says = (...labels: number[]): Float32Array =>
  Float32Array.from({ length: 10 * labels.length }, (_, i) => (i % 10 === labels[Math.floor(i / 10)] ? 5 : 0));

describe("the tally of a round", () => {
  it("weights train losses by examples, and leaves out what cannot be one", () => {
    const tally = createRoundTally(foldOf([]), []);
    tally.add(updateOf("a", { weight: 1, metrics: { trainLoss: 1 } }));
    tally.add(updateOf("b", { weight: 3, metrics: { trainLoss: 2 } }));
    tally.add(updateOf("c", { weight: 100, metrics: { trainLoss: -1 } }));
    tally.add(updateOf("d", { weight: 100, metrics: { trainLoss: 1e300 } }));
    expect(tally.metrics()).toEqual({ examples: 204, trainLoss: 1.75 }); // (1·1 + 3·2) / 4
  });

  it("tells how clients fare: mean, the worst tenth, spread, each client once whatever it holds", () => {
    const tally = createRoundTally(foldOf([]), []);
    for (let i = 0; i < 20; i++) {
      const metrics = { evalExamples: 10 * (i + 1), evalLoss: i, evalCorrect: 10 * (i + 1) * (i < 2 ? 0 : 1) };
      tally.add(updateOf(String(i), { metrics }));
    }
    expect(tally.metrics()).toMatchObject({
      testedClients: 20,
      clientTestLoss: 9.5,
      clientTestLossWorst: 18.5, // of 18 and 19
      clientTestAccuracy: 0.9,
      clientTestAccuracyWorst: 0,
    });
    expect(tally.metrics().clientTestAccuracyStdDev).toBeCloseTo(0.3, 12); // sqrt(0.9 · 0.1)
  });

  it("merges metrics as if all rows had been judged together, and hands the fold nothing of them", () => {
    const metrics = [accuracy, perClass];
    const taken: Contribution[] = [];
    const tally = createRoundTally(foldOf(taken), metrics);
    const judged = (outputs: Float32Array, targets: Int32Array) =>
      encodeEvaluation(
        metrics,
        metrics.map((metric) => metric.update(metric.init(), { numRows: targets.length, outputs, targets })),
      );
    tally.add(updateOf("a", { parts: new Map([["evaluation", judged(says(1, 2, 3), Int32Array.of(1, 2, 4))]]) }));
    tally.add(updateOf("b", { parts: new Map([["evaluation", judged(says(5), Int32Array.of(6))]]) }));
    const { clientsAccuracy, ...others } = tally.metrics();
    expect(clientsAccuracy).toBe(0.5); // 2 of 4 rows, not the mean of 2/3 and 0
    expect(Object.keys(others)).toContain("clientsPrecisionRecallF1F1Macro");
    expect(Object.keys(others).some((name) => /\d$/.test(name) && !/F1$/.test(name))).toBe(false); // no single class
    expect(taken.every(({ parts }) => parts.size === 0)).toBe(true);
  });

  it("takes what clients judged of the newest params among an asynchronous round's, in whatever order they come", () => {
    const judging = (clientId: string, staleness: number, evalLoss: number) =>
      updateOf(clientId, { staleness, metrics: { evalExamples: 10, evalLoss } });
    const updates = [judging("a", 2, 9), judging("b", 1, 1), judging("c", 1, 3), judging("d", 4, 9)];
    for (const order of [updates, updates.toReversed()]) {
      const tally = createRoundTally(foldOf([]), []);
      for (const update of order) tally.add(update);
      expect(tally.metrics()).toMatchObject({ testedClients: 2, clientTestLoss: 2 });
    }
  });
});
