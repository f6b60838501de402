import { nameHint } from "../base/nearestName.ts";
import { numElements } from "../graph/shape.ts";
import type { Model } from "../models/model.ts";
import { accuracy } from "../nn/metrics/accuracy.ts";
import { binaryPrecisionRecallF1 } from "../nn/metrics/binaryPrecisionRecallF1.ts";
import { type ClassOptions, confusionMatrix } from "../nn/metrics/confusionMatrix.ts";
import { expectedCalibrationError } from "../nn/metrics/expectedCalibrationError.ts";
import { labelEntropy } from "../nn/metrics/labelEntropy.ts";
import { meanAbsoluteError } from "../nn/metrics/meanAbsoluteError.ts";
import { meanSquaredError, type RegressionOptions } from "../nn/metrics/meanSquaredError.ts";
import type { Metric } from "../nn/metrics/metric.ts";
import { mutualInformation } from "../nn/metrics/mutualInformation.ts";
import { perplexity } from "../nn/metrics/perplexity.ts";
import { precisionRecallF1 } from "../nn/metrics/precisionRecallF1.ts";
import { predictiveEntropy } from "../nn/metrics/predictiveEntropy.ts";
import { rocAuc } from "../nn/metrics/rocAuc.ts";
import { rSquared } from "../nn/metrics/rSquared.ts";
import { topKAccuracy } from "../nn/metrics/topKAccuracy.ts";

/** Metrics of labels, with their usual options. */
const OF_LABELS = {
  accuracy,
  top5Accuracy: ({ numClasses: _, ...options }: ClassOptions) => topKAccuracy({ ...options, k: 5 }),
  confusionMatrix,
  precisionRecallF1,
  binaryPrecisionRecallF1,
  rocAuc,
  expectedCalibrationError,
  perplexity,
  predictiveEntropy,
  labelEntropy,
  predictedLabelEntropy: (options: ClassOptions) => labelEntropy({ ...options, of: "predictions" }),
  mutualInformation,
} satisfies Record<string, (options: ClassOptions) => Metric>;

/** Metrics of values. */
const OF_VALUES = { meanSquaredError, meanAbsoluteError, rSquared } satisfies Record<
  string,
  (options: RegressionOptions) => Metric
>;

/** Fewest and most classes of those that do not take any number from 2. */
const NUM_CLASSES: Readonly<Record<string, readonly [number, number]>> = {
  top5Accuracy: [5, Number.POSITIVE_INFINITY],
  binaryPrecisionRecallF1: [2, 2],
};

/** The names that `standardMetric` knows. */
export const STANDARD_METRIC_NAMES = [...Object.keys(OF_LABELS), ...Object.keys(OF_VALUES)] as (
  | keyof typeof OF_LABELS
  | keyof typeof OF_VALUES
)[];

/**
 * A metric by its name, with its usual options and the sizes of the model that it is to judge. Labels that do not count for
 * the loss (below 0) do not count for the metric.
 * @throws TypeError for a name that is none, or a model whose outputs it cannot judge.
 */
export function standardMetric(name: string, model: Model): Metric {
  const ofLabels = Object.hasOwn(OF_LABELS, name) ? OF_LABELS[name as keyof typeof OF_LABELS] : undefined;
  const ofValues = Object.hasOwn(OF_VALUES, name) ? OF_VALUES[name as keyof typeof OF_VALUES] : undefined;
  if (!ofLabels && !ofValues) {
    const got = JSON.stringify(name.slice(0, 100));
    throw new TypeError(`"metrics" expected a known name, got ${got}; ${nameHint(name, STANDARD_METRIC_NAMES)}`);
  }
  const { loss, outputShape, outputSize } = model;
  const targets = loss.targets(1, outputShape);
  const labels = ofLabels && labelOptions(model);
  const [fewest, most] = NUM_CLASSES[name] ?? [2, Number.POSITIVE_INFINITY];
  if (labels && labels.numClasses >= fewest && labels.numClasses <= most) return ofLabels(labels);
  if (ofValues && loss.prediction === "values" && targets && numElements(targets.shape) === outputSize) {
    return ofValues({ outputSize });
  }
  const classes = most === 2 ? "two classes" : `labels of at least ${fewest} classes`;
  const expected = ofLabels ? classes : "a value aimed at for each output";
  const got = labels ? `${labels.numClasses} classes` : loss.name;
  throw new TypeError(`metric "${name}" expected a model with ${expected}, got "${model.document.name}" with ${got}`);
}

/** How the outputs are read as logits with labels; nothing where they are not. */
function labelOptions({ loss, outputShape }: Model): ClassOptions | undefined {
  if (loss.prediction === "labels") return { numClasses: 2 };
  const targets = loss.targets(1, outputShape);
  if (loss.prediction !== "classes" || targets?.numClasses === undefined) return undefined;
  return { numClasses: targets.numClasses, ...(targets.allowsNegative && { ignoreIndex: -1 }) };
}
