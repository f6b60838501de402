import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { reshape } from "../../../shared/nn/layers/reshape.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { evaluateMetrics, mergeMetricStates, metricStates } from "../../../shared/train/evaluateMetrics.ts";
import { metricValues } from "../../../shared/train/metricValues.ts";
import { STANDARD_METRIC_NAMES, standardMetric } from "../../../shared/train/standardMetric.ts";

const PLAN = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;

const classifier = (): Model =>
  defineModel({ name: "classifier", input: { shape: [4] }, layers: [linear(4, 6)], loss: "softmaxCrossEntropy" });
const regressor = (): Model =>
  defineModel({ name: "regressor", input: { shape: [4] }, layers: [linear(4, 2)], loss: "meanSquaredError" });
const answers = (): Model =>
  defineModel({ name: "answers", input: { shape: [4] }, layers: [linear(4, 3)], loss: "binaryCrossEntropyWithLogits" });
/** Two positions of three classes. */
const tagger = (): Model =>
  defineModel({
    name: "tagger",
    input: { shape: [4] },
    layers: [linear(4, 6), reshape([2, 3])],
    loss: "softmaxCrossEntropy",
  });

/** 613 rows: three pieces, the last one short. */
function rowsFor(targetsOf: (row: number, draw: () => number) => readonly number[], isFloat = false): Dataset {
  const rng = createRng("metrics");
  const numExamples = 613;
  const inputs = Float32Array.from({ length: 4 * numExamples }, () => rng.nextFloat() - 0.5);
  const targets = Array.from({ length: numExamples }, (_, row) => targetsOf(row, () => rng.nextFloat()));
  const flat = targets.flat();
  return {
    numExamples,
    inputShape: [4],
    inputs,
    targets: isFloat ? Float32Array.from(flat) : Int32Array.from(flat),
    targetSize: flat.length / numExamples,
  };
}

function setUp(model: Model) {
  return { model, trainer: createLocalTrainer({ model, plan: PLAN }), params: model.init(createRng("params")) };
}

describe("evaluateMetrics", () => {
  const labelled = rowsFor((row) => [row % 6]);

  it("agrees with the trainer's own count of right answers and mean loss", () => {
    const subject = setUp(classifier());
    const metrics = ["accuracy", "perplexity"].map((name) => standardMetric(name, subject.model));
    const { values } = evaluateMetrics({ ...subject, data: labelled, metrics });
    const { numCorrect, loss } = subject.trainer.evaluate(subject.params, labelled);
    expect(values.accuracy).toBe((numCorrect as number) / 613);
    // The loss sums f32 losses of a batch, each off by 2^-24 of itself; exp multiplies by less than 10.
    expect(Math.abs((values.perplexity as number) - Math.exp(loss))).toBeLessThan(1e-4);
  });

  it("merges the states of clients into those of all rows, bit for bit, in any order", () => {
    const subject = setUp(classifier());
    const metrics = STANDARD_METRIC_NAMES.flatMap((name) => {
      try {
        return [standardMetric(name, subject.model)];
      } catch {
        return []; // not for a classifier of six classes
      }
    });
    expect(metrics.length).toBe(11);
    const pooled = evaluateMetrics({ ...subject, data: labelled, metrics });
    // Client c has the rows r with r² mod 7 = c: 0, 1, 2 and 4, of different size.
    const clients = [4, 0, 2, 1].map((c) =>
      Uint32Array.from({ length: 613 }, (_, row) => row).filter((row) => (row * row) % 7 === c),
    );
    const states = clients.map((rows) => metricStates({ ...subject, data: labelled, rows, metrics }));
    const merged = states.reduce((a, b) => mergeMetricStates(metrics, a, b));
    expect(merged).toEqual(pooled.states);
    expect(metricValues(metrics, merged)).toEqual(pooled.values);
  });

  it("names each number of a metric", () => {
    const subject = setUp(classifier());
    const metrics = ["accuracy", "precisionRecallF1", "confusionMatrix"].map((m) => standardMetric(m, subject.model));
    const { values } = evaluateMetrics({ ...subject, data: labelled, metrics });
    expect(Object.keys(values)).toHaveLength(1 + 3 * 8 + 36); // six classes, macro and micro
    expect(values["precisionRecallF1.recall.micro"]).toBe(values.accuracy);
    const diagonal = Array.from({ length: 6 }, (_, i) => values[`confusionMatrix.${i}.${i}`] as number);
    expect(diagonal.reduce((sum, count) => sum + count) / 613).toBe(values.accuracy);
  });

  it("counts every position that has a label, and each yes-or-no answer, as a row", () => {
    const tagging = setUp(tagger());
    const tags = rowsFor((row) => [row % 3, row % 5 === 0 ? -1 : 2]);
    const [state] = metricStates({ ...tagging, data: tags, metrics: [standardMetric("accuracy", tagging.model)] });
    expect(state?.numRows).toBe(2 * 613 - 123); // every fifth second position has none: rows 0, 5, .. 610
    const answering = setUp(answers());
    const flags = rowsFor((_, draw) => [0, 1, 2].map(() => Number(draw() < 0.5)), true);
    const metrics = [standardMetric("accuracy", answering.model)];
    const { states, values } = evaluateMetrics({ ...answering, data: flags, metrics });
    expect(states[0]?.numRows).toBe(3 * 613);
    const { numCorrect } = answering.trainer.evaluate(answering.params, flags);
    // The trainer adds shares of thirds in f32, in batches of at most 250: off by less than 250 · 250 · 2^-24 a batch.
    expect(Math.abs((values.accuracy as number) - (numCorrect as number) / 613)).toBeLessThan(1e-4);
  });

  it("judges values", () => {
    const subject = setUp(regressor());
    const data = rowsFor((_, draw) => [draw(), draw()], true);
    const metrics = ["meanSquaredError", "rSquared"].map((name) => standardMetric(name, subject.model));
    const { values } = evaluateMetrics({ ...subject, data, metrics });
    const { loss } = subject.trainer.evaluate(subject.params, data);
    // As above: f32 sums of a batch of 250 errors below 1.
    expect(Math.abs((values.meanSquaredError as number) - loss)).toBeLessThan(1e-5);
    expect(values.rSquared).toBeLessThan(1);
  });

  it("has no value for a metric that the rows leave undefined, until others define it", () => {
    const subject = setUp(
      defineModel({ ...classifier().document, layers: [linear(4, 2)], loss: "softmaxCrossEntropy" }),
    );
    const data = rowsFor((row) => [Number(row > 300)]);
    const metrics = ["accuracy", "rocAuc"].map((name) => standardMetric(name, subject.model));
    const one = evaluateMetrics({ ...subject, data, rows: Uint32Array.of(1, 2, 3), metrics });
    expect(Object.keys(one.values)).toEqual(["accuracy"]);
    const other = evaluateMetrics({ ...subject, data, rows: Uint32Array.of(401, 402), metrics });
    const merged = mergeMetricStates(metrics, one.states, other.states);
    expect(Object.keys(metricValues(metrics, merged))).toEqual(["accuracy", "rocAuc.auc", "rocAuc.maxError"]);
    expect(() => metricValues(metrics, [...one.states].reverse())).toThrow("do the options of the metric differ?");
  });
});

describe("standardMetric", () => {
  it.each([
    ["acuracy", classifier(), 'did you mean "accuracy"?'],
    ["rSquared", classifier(), "expected a model with a value aimed at for each output"],
    ["accuracy", regressor(), 'expected a model with labels of at least 2 classes, got "regressor"'],
    ["binaryPrecisionRecallF1", classifier(), "expected a model with two classes, got"],
    ["top5Accuracy", tagger(), "expected a model with labels of at least 5 classes"],
    ["constructor", classifier(), "expected a known name"],
  ])("refuses %s where it means nothing", (name, model, message) => {
    expect(() => standardMetric(name, model)).toThrow(message);
  });
});
