// The public shared API: "headwater".

export { ERROR_CODES, type ErrorCode, ProtocolError } from "./base/errors.ts";
export { type ContentHash, contentHash, fromHex, isContentHash, type Sha256, toHex } from "./base/hash.ts";
export { nobleSha256 } from "./base/nobleSha256.ts";
export { createRng, type Rng } from "./base/rng.ts";
export { clientIdOf, createSeed, fingerprint } from "./crypto/identity.ts";
export { createNaclSigner, naclVerify } from "./crypto/naclEd25519.ts";
export type { Signer, Verify } from "./crypto/signer.ts";
export { webRandom } from "./crypto/webRandom.ts";
export { concatDatasets } from "./data/concatDatasets.ts";
export { DataFormatError } from "./data/dataFormatError.ts";
export type { Dataset } from "./data/dataset.ts";
export type { AttributedGraph } from "./data/graph/attributedGraph.ts";
export { type BoundaryMatrices, boundaryMatrices } from "./data/graph/boundaryMatrices.ts";
export {
  type CellComplexDatasetOptions,
  type CellComplexLayout,
  cellComplexDataset,
} from "./data/graph/cellComplexDataset.ts";
export { type DenseGraphDatasetOptions, denseGraphDataset } from "./data/graph/denseGraphDataset.ts";
export { karateClub } from "./data/graph/karateClub.ts";
export { type CellComplex, liftToCells } from "./data/graph/liftToCells.ts";
export { type NodeDatasets, nodeDatasets } from "./data/graph/nodeDatasets.ts";
export { nodeTargets } from "./data/graph/nodeTargets.ts";
export { normalizeFeatures } from "./data/graph/normalizeFeatures.ts";
export { type GraphCollection, parseGraphCollection } from "./data/graph/parseGraphCollection.ts";
export { type LabelledGraph, parseGraphJson } from "./data/graph/parseGraphJson.ts";
export { type SparseGraphLayout, sparseGraphDataset, sparseGraphLayout } from "./data/graph/sparseGraphDataset.ts";
export { idxDataset } from "./data/idxDataset.ts";
export { type CsvDataset, type CsvOptions, parseCsvDataset, type SkippedRow } from "./data/parseCsvDataset.ts";
export { type IdxArray, parseIdx } from "./data/parseIdx.ts";
export { type Fold, stratifiedKFold } from "./data/split/stratifiedKFold.ts";
export { subsetDataset } from "./data/subsetDataset.ts";
export { type FedProxSyntheticOptions, fedProxSynthetic } from "./data/synthetic/fedProxSynthetic.ts";
export { bracketsText, sumsText } from "./data/synthetic/grammarText.ts";
export { type LinearToyOptions, linearRegressionToy, logisticRegressionToy } from "./data/synthetic/linearToy.ts";
export { type LowRankRatingsOptions, lowRankRatings } from "./data/synthetic/lowRankRatings.ts";
export { SENSOR_CLASSES, type SensorWindowsOptions, sensorWindows } from "./data/synthetic/sensorWindows.ts";
export { type BagOfWordsOptions, bagOfWords } from "./data/text/bagOfWords.ts";
export { createTokenizer, type Tokenizer } from "./data/text/createTokenizer.ts";
export { createVocabulary, type VocabularyOptions } from "./data/text/createVocabulary.ts";
export { type LabelledTextOptions, labelledTextDatasets } from "./data/text/labelledTextDatasets.ts";
export { type LabelledTexts, parseLabelledTexts } from "./data/text/parseLabelledTexts.ts";
export { parseRoles, type Role } from "./data/text/parseRoles.ts";
export { type RoleDatasets, roleDatasets } from "./data/text/roleDatasets.ts";
export { type TextDatasets, type TextDatasetsOptions, textDatasets } from "./data/text/textDatasets.ts";
export { type TextWindowsOptions, textWindows } from "./data/text/textWindows.ts";
export { tokenSequences } from "./data/text/tokenSequences.ts";
export { parseVocabulary, type Vocabulary } from "./data/text/vocabulary.ts";
export { withInputShape } from "./data/withInputShape.ts";
export type { StepLimits } from "./engine/compile/assertAffordable.ts";
export { compileFastKernels } from "./engine/compileFastKernels.ts";
export type { FastKernels, Kernels } from "./engine/kernelModule.ts";
export type { ProfiledStep } from "./engine/profileProgram.ts";
export {
  type CartPoleAction,
  type CartPoleOptions,
  type CartPoleState,
  type CartPoleStep,
  observeCartPole,
  startCartPole,
  stepCartPole,
} from "./environments/cartPole.ts";
export { createGraph, type GraphOptions } from "./graph/createGraph.ts";
export { defineOp, type OpBuilder } from "./graph/defineOp.ts";
export { gradients } from "./graph/gradients/gradients.ts";
export * as ops from "./graph/ops.ts";
export type { DType, Graph, OpDefinition, Shape, Tensor, Update } from "./graph/tensor.ts";
export {
  type ImportedKerasModel,
  type ImportKerasOptions,
  importKerasModel,
} from "./interchange/keras/importKerasModel.ts";
export { type ExportOnnxOptions, exportOnnx } from "./interchange/onnx/exportOnnx.ts";
export { fromTorchState } from "./interchange/torch/fromTorchState.ts";
export { toTorchState } from "./interchange/torch/toTorchState.ts";
export { defineModel, type ModelDefinition } from "./models/defineModel.ts";
export { type LoraModelOptions, loraModel } from "./models/lora/loraModel.ts";
export { loraParams, mergeLora } from "./models/lora/loraParams.ts";
export type { Model } from "./models/model.ts";
export type { ModelDocument } from "./models/modelDocument.ts";
export { modelFromDocument } from "./models/modelFromDocument.ts";
export { modelHash } from "./models/modelHash.ts";
export { parseModelDocument } from "./models/parseModelDocument.ts";
export type { Penalties } from "./models/penalties.ts";
export { type Personal, personaliseModel } from "./models/personaliseModel.ts";
export { ZOO_MODEL_NAMES, type ZooModelName, type ZooSizes, zooModel, zooSizes } from "./models/zoo.ts";
export type { ApplyContext } from "./nn/applyContext.ts";
export type { CustomParam } from "./nn/custom/custom.ts";
export { type CustomLayerOptions, customLayer } from "./nn/custom/customLayer.ts";
export type { Initializer } from "./nn/initializer.ts";
export type { Layer } from "./nn/layer.ts";
export { flatten } from "./nn/layers/flatten.ts";
export { type LinearOptions, linear } from "./nn/layers/linear.ts";
export { relu } from "./nn/layers/relu.ts";
export { sigmoid } from "./nn/layers/sigmoid.ts";
export { tanh } from "./nn/layers/tanh.ts";
export * as layers from "./nn/layers.ts";
export type { Loss, TargetLayout } from "./nn/losses/loss.ts";
export { LOSS_NAMES, type LossDocument, type LossName } from "./nn/losses/lossDocument.ts";
export { lossFromDocument } from "./nn/losses/lossFromDocument.ts";
export { accuracy } from "./nn/metrics/accuracy.ts";
export { type BinaryPrecisionRecallF1Options, binaryPrecisionRecallF1 } from "./nn/metrics/binaryPrecisionRecallF1.ts";
export { type ClassOptions, confusionMatrix } from "./nn/metrics/confusionMatrix.ts";
export { countEntropy } from "./nn/metrics/countEntropy.ts";
export { defineMetric, type MetricDefinition, type Tally } from "./nn/metrics/defineMetric.ts";
export type { LabelOptions } from "./nn/metrics/eachLabelledRow.ts";
export { type ExactSum, roundedSum } from "./nn/metrics/exactSum.ts";
export {
  type ExpectedCalibrationErrorOptions,
  expectedCalibrationError,
} from "./nn/metrics/expectedCalibrationError.ts";
export { type LabelEntropyOptions, labelEntropy } from "./nn/metrics/labelEntropy.ts";
export { meanAbsoluteError } from "./nn/metrics/meanAbsoluteError.ts";
export { meanSquaredError, type RegressionOptions } from "./nn/metrics/meanSquaredError.ts";
export type { Metric, MetricBatch, MetricState, MetricValue } from "./nn/metrics/metric.ts";
export { mutualInformation } from "./nn/metrics/mutualInformation.ts";
export { perplexity } from "./nn/metrics/perplexity.ts";
export { precisionRecallF1 } from "./nn/metrics/precisionRecallF1.ts";
export type { PrecisionRecallF1 } from "./nn/metrics/precisionRecallF1Of.ts";
export { predictiveEntropy } from "./nn/metrics/predictiveEntropy.ts";
export { type RocAuc, type RocAucOptions, rocAuc } from "./nn/metrics/rocAuc.ts";
export { rSquared } from "./nn/metrics/rSquared.ts";
export { tableMutualInformation } from "./nn/metrics/tableMutualInformation.ts";
export { type TopKAccuracyOptions, topKAccuracy } from "./nn/metrics/topKAccuracy.ts";
export type { WeightInit } from "./nn/weightInit.ts";
export type { GradientClip } from "./optim/gradientClip.ts";
export type { OptimizationPlan } from "./optim/optimizeParams.ts";
export { OPTIMIZER_NAMES, type OptimizerPlan } from "./optim/optimizerPlan.ts";
export type { Schedule } from "./optim/schedule.ts";
export { addScaled, l2Norm, subtract } from "./params/arithmetic.ts";
export { decodeParams } from "./params/decodeParams.ts";
export { encodeArrays } from "./params/encodeArrays.ts";
export { encodeParams } from "./params/encodeParams.ts";
export { paramsFromArrays } from "./params/paramsFromArrays.ts";
export { paramsHash } from "./params/paramsHash.ts";
export type { ParamsEntry, ParamsSpec } from "./params/paramsSpec.ts";
export { type NamedArray, parseSafetensors, type SafetensorsLimits } from "./params/parseSafetensors.ts";
export { checkCommit, checkReceipt } from "./protocol/checkReceipt.ts";
export { LIMITS } from "./protocol/limits.ts";
export { parseRunList, type RunSummary } from "./protocol/runList.ts";
export {
  createRunId,
  defineRunPlan,
  parseRunPlan,
  planHash,
  type RunPlan,
  type RunPlanOptions,
} from "./protocol/runPlan.ts";
export {
  type CohortMember,
  type LiveStatus,
  parseLiveStatus,
  parseRoundHistory,
  parseRoundSummary,
  parseRunStatus,
  type RoundHistory,
  type RoundSummary,
  RUN_STATUS_FORMAT,
  type RunEvent,
  type RunFacts,
  type RunStatus,
} from "./protocol/runStatus.ts";
export { PROTOCOL_VERSION } from "./protocol/version.ts";
export type { ClientRequest, ClientTrainer, ClientTraining, ClientUpdate, NamedVectors } from "./train/clientHalf.ts";
export { type ClientTrainerOptions, createClientTrainer } from "./train/createClientTrainer.ts";
export { createLocalTrainer, type LocalTrainerOptions } from "./train/createLocalTrainer.ts";
export { createPredictor, type Prediction, type Predictor, type PredictorOptions } from "./train/createPredictor.ts";
export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  type EarlyStoppingState,
  earlyStopping,
} from "./train/earlyStopping.ts";
export {
  type EvaluatedMetrics,
  evaluateMetrics,
  type MetricsRequest,
  mergeMetricStates,
} from "./train/evaluateMetrics.ts";
export {
  type ExplainOptions,
  explainTraining,
  type ProfileTrainingOptions,
  profileTraining,
} from "./train/explainTraining.ts";
export type { LocalPlan } from "./train/localPlan.ts";
export type {
  Evaluation,
  LocalTrainer,
  LocalUpdate,
  Training,
  TrainProgress,
  TrainRequest,
} from "./train/localTrainer.ts";
export { metricValues } from "./train/metricValues.ts";
export { STANDARD_METRIC_NAMES, standardMetric } from "./train/standardMetric.ts";
