import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { addExactly } from "../../../shared/nn/metrics/exactSum.ts";
import type { MetricState } from "../../../shared/nn/metrics/metric.ts";
import { MAX_EVALUATION_WORD } from "../../../shared/protocol/strategyNeeds.ts";
import { createClientTrainer } from "../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { evaluateMetrics, mergeMetricStates } from "../../../shared/train/evaluateMetrics.ts";
import { decodeEvaluation, encodeEvaluation, evaluationPartLength } from "../../../shared/train/evaluationPart.ts";
import { metricValues } from "../../../shared/train/metricValues.ts";
import { splitHeldOut } from "../../../shared/train/splitHeldOut.ts";
import { STANDARD_METRIC_NAMES, standardMetric } from "../../../shared/train/standardMetric.ts";
import { clusteredData, line, plan, request, twoLayers } from "./halves/halfWorld.ts";

const names = ["accuracy", "perplexity", "confusionMatrix", "expectedCalibrationError"];
const metrics = names.map((name) => standardMetric(name, twoLayers));
const sixClasses = defineModel({
  name: "six-classes",
  input: { shape: [2] },
  layers: [linear(2, 6)],
  loss: "softmaxCrossEntropy",
});
const sumsOf = (metric: (typeof metrics)[number]) => metric.init().sums.length;

describe("the part that carries evaluations", () => {
  it("holds any state exactly, as whole numbers within its bound", () => {
    const metric = metrics.find((candidate) => sumsOf(candidate) > 0)!;
    const { counts, sums } = metric.init();
    const count = fc.nat(2 ** 40);
    const sum = fc
      .array(fc.double({ noNaN: true, min: -(2 ** 300), max: 2 ** 300 }), { maxLength: 4 })
      .map((terms) => addExactly([], terms));
    const exactly = <T>(arbitrary: fc.Arbitrary<T>, length: number) =>
      fc.array(arbitrary, { minLength: length, maxLength: length });
    const state = fc.record({ numRows: count, counts: exactly(count, counts.length), sums: exactly(sum, sums.length) });
    fc.assert(
      fc.property(state, (one: MetricState) => {
        fc.pre(one.sums.every((parts) => parts.length <= 4));
        const part = encodeEvaluation([metric], [one]);
        expect(part.length).toBe(evaluationPartLength([metric]));
        expect(part.every((word) => Number.isInteger(word) && word >= 0 && word <= MAX_EVALUATION_WORD)).toBe(true);
        expect(decodeEvaluation([metric], part)).toEqual([one]);
      }),
    );
  });

  it("refuses another length, words out of range and what is no state", () => {
    const part = encodeEvaluation(
      metrics,
      metrics.map((metric) => metric.init()),
    );
    expect(() => decodeEvaluation(metrics, part.subarray(1))).toThrow(/evaluation expected \d+ elements, got \d+/);
    for (const [place, word] of [
      [0, 2 ** 22],
      [1, 2 ** 21],
      [2, 0.5],
      [2, -1],
      [0, Number.NaN],
    ] as const) {
      const wrong = part.slice();
      wrong[place] = word;
      expect(() => decodeEvaluation(metrics, wrong)).toThrow(`evaluation[${place}] expected a whole number`);
    }
    const negative = part.slice();
    negative[0] = 2 ** 21 + 2 ** 20; // the sign and exponent bits of -2 as the number of rows
    expect(() => decodeEvaluation(metrics, negative)).toThrow("numRows as a whole number");
  });

  it("merges over clients to what pooled rows give", () => {
    const params = twoLayers.init(createRng("init"));
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "fedavg" }, metrics });
    const data = clusteredData(60);
    const states = [0, 20, 40].map((first) => {
      const rows = Uint32Array.from({ length: 20 }, (_, i) => first + i);
      const { train, test } = splitHeldOut(20, 0.3, "run");
      const pick = (places: Uint32Array): Uint32Array => places.map((place) => rows[place]!);
      const given = { ...request({ params, data }), rows: pick(train), heldOut: pick(test) };
      return decodeEvaluation(metrics, trainer.train(given).parts.get("evaluation")!);
    });
    const merged = states.reduce((a, b) => mergeMetricStates(metrics, a, b));
    const { test } = splitHeldOut(20, 0.3, "run");
    const pooled = Uint32Array.from([0, 20, 40].flatMap((first) => [...test].map((place) => first + place)));
    const local = createLocalTrainer({ model: twoLayers, plan });
    const expected = evaluateMetrics({ model: twoLayers, trainer: local, params, data, rows: pooled, metrics });
    expect(metricValues(metrics, merged)).toEqual(expected.values);
  });

  it.each(STANDARD_METRIC_NAMES)("gives a figure of %s or none, whatever states clients send", (name) => {
    const ofValues = ["meanSquaredError", "meanAbsoluteError", "rSquared"].includes(name);
    const model = ofValues ? line : name === "top5Accuracy" ? sixClasses : twoLayers;
    const one = [standardMetric(name, model)];
    const { counts, sums } = one[0]!.init();
    const edge = fc.constantFrom(0, 1, 2 ** 40);
    const part = fc.constantFrom(0, 1, -1, 2 ** 400, -(2 ** 400), 2 ** -1074);
    const list = <T>(of: fc.Arbitrary<T>, length: number) => fc.array(of, { minLength: length, maxLength: length });
    const state = fc.record({
      numRows: edge,
      counts: list(edge, counts.length),
      sums: list(list(part, 4), sums.length),
    });
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 4 }), (sent) => {
        const read = sent.map((hostile) => decodeEvaluation(one, encodeEvaluation(one, [hostile])));
        metricValues(
          one,
          read.reduce((a, b) => mergeMetricStates(one, a, b)),
        );
      }),
      { numRuns: counts.length > 1000 ? 5 : 100 },
    );
  });

  it("travels as the states of no rows from a client that holds none out", () => {
    const params = twoLayers.init(createRng("init"));
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "fedavg" }, metrics });
    const { parts, metrics: figures } = trainer.train(request({ params, data: clusteredData(5) }));
    const states = decodeEvaluation(metrics, parts.get("evaluation")!);
    expect(states).toEqual(metrics.map((metric) => metric.init()));
    expect(Object.keys(figures)).toEqual(["trainLoss"]);
  });
});

describe("splitHeldOut", () => {
  it("holds out the same rows of a run at each call, others in another run, and leaves the rest", () => {
    const { train, test } = splitHeldOut(10, 0.35, "a");
    expect(test.length).toBe(3);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(splitHeldOut(10, 0.35, "a")).toEqual({ train, test });
    expect(splitHeldOut(10, 0.35, "b").test).not.toEqual(test);
    expect(splitHeldOut(1, 0.9, "a").train).toEqual(Uint32Array.of(0));
  });
});
