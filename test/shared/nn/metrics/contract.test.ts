import { accuracy } from "../../../../shared/nn/metrics/accuracy.ts";
import { binaryPrecisionRecallF1 } from "../../../../shared/nn/metrics/binaryPrecisionRecallF1.ts";
import { confusionMatrix } from "../../../../shared/nn/metrics/confusionMatrix.ts";
import { expectedCalibrationError } from "../../../../shared/nn/metrics/expectedCalibrationError.ts";
import { labelEntropy } from "../../../../shared/nn/metrics/labelEntropy.ts";
import { meanAbsoluteError } from "../../../../shared/nn/metrics/meanAbsoluteError.ts";
import { meanSquaredError } from "../../../../shared/nn/metrics/meanSquaredError.ts";
import type { Metric } from "../../../../shared/nn/metrics/metric.ts";
import { mutualInformation } from "../../../../shared/nn/metrics/mutualInformation.ts";
import { perplexity } from "../../../../shared/nn/metrics/perplexity.ts";
import { precisionRecallF1 } from "../../../../shared/nn/metrics/precisionRecallF1.ts";
import { predictiveEntropy } from "../../../../shared/nn/metrics/predictiveEntropy.ts";
import { rocAuc } from "../../../../shared/nn/metrics/rocAuc.ts";
import { rSquared } from "../../../../shared/nn/metrics/rSquared.ts";
import { topKAccuracy } from "../../../../shared/nn/metrics/topKAccuracy.ts";
import { metricContract } from "../../../contract/metric.ts";

const numClasses = 4;
const ofClasses: readonly Metric[] = [
  accuracy(),
  topKAccuracy({ k: 2 }),
  confusionMatrix({ numClasses }),
  precisionRecallF1({ numClasses }),
  rocAuc({ numClasses, numBins: 32 }),
  expectedCalibrationError(),
  perplexity(),
  predictiveEntropy(),
  labelEntropy({ numClasses }),
  labelEntropy({ numClasses, of: "predictions" }),
  mutualInformation({ numClasses }),
];
for (const metric of ofClasses) {
  metricContract({ metric, outputSize: numClasses, task: { kind: "labels", numClasses } });
}

const ofTwo: readonly Metric[] = [binaryPrecisionRecallF1(), rocAuc({ numBins: 32 })];
for (const metric of ofTwo) {
  metricContract({ metric, outputSize: 1, task: { kind: "labels", numClasses: 2 } });
}

for (const create of [meanSquaredError, meanAbsoluteError, rSquared]) {
  metricContract({ metric: create(), outputSize: 1, task: { kind: "values" } });
  metricContract({ metric: create({ outputSize: 3 }), outputSize: 3, task: { kind: "values" } });
}
