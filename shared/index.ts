// The public shared API: "headwater".

export { ERROR_CODES, type ErrorCode, ProtocolError } from "./base/errors.ts";
export { type ContentHash, contentHash, fromHex, isContentHash, type Sha256, toHex } from "./base/hash.ts";
export { nobleSha256 } from "./base/nobleSha256.ts";
export { createRng, type Rng } from "./base/rng.ts";
export { clientIdOf, createSeed, fingerprint } from "./crypto/identity.ts";
export { createNaclSigner, naclVerify } from "./crypto/naclEd25519.ts";
export type { Signer, Verify } from "./crypto/signer.ts";
export { webRandom } from "./crypto/webRandom.ts";
export { DataFormatError } from "./data/dataFormatError.ts";
export type { Dataset } from "./data/dataset.ts";
export { idxDataset } from "./data/idxDataset.ts";
export { type CsvDataset, type CsvOptions, parseCsvDataset, type SkippedRow } from "./data/parseCsvDataset.ts";
export { type IdxArray, parseIdx } from "./data/parseIdx.ts";
export { subsetDataset } from "./data/subsetDataset.ts";
export { compileFastKernels } from "./engine/compileFastKernels.ts";
export type { FastKernels, Kernels } from "./engine/kernelModule.ts";
export { createGraph } from "./graph/createGraph.ts";
export { defineOp } from "./graph/defineOp.ts";
export { gradients } from "./graph/gradients/gradients.ts";
export * as ops from "./graph/ops.ts";
export type { Graph, Shape, Tensor } from "./graph/tensor.ts";
export { defineModel, type ModelDefinition } from "./models/defineModel.ts";
export { type LoraModelOptions, loraModel } from "./models/lora/loraModel.ts";
export { loraParams, mergeLora } from "./models/lora/loraParams.ts";
export type { Model } from "./models/model.ts";
export type { ModelDocument } from "./models/modelDocument.ts";
export { modelFromDocument } from "./models/modelFromDocument.ts";
export { modelHash } from "./models/modelHash.ts";
export { parseModelDocument } from "./models/parseModelDocument.ts";
export { ZOO_MODEL_NAMES, type ZooModelName, zooModel } from "./models/zoo.ts";
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
export type { WeightInit } from "./nn/weightInit.ts";
export { addScaled, l2Norm, subtract } from "./params/arithmetic.ts";
export { decodeParams } from "./params/decodeParams.ts";
export { encodeParams } from "./params/encodeParams.ts";
export { paramsFromArrays } from "./params/paramsFromArrays.ts";
export { paramsHash } from "./params/paramsHash.ts";
export type { ParamsEntry, ParamsSpec } from "./params/paramsSpec.ts";
export { type NamedArray, parseSafetensors, type SafetensorsLimits } from "./params/parseSafetensors.ts";
export { checkCommit, checkReceipt } from "./protocol/checkReceipt.ts";
export { LIMITS } from "./protocol/limits.ts";
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
export { createLocalTrainer, type LocalTrainerOptions } from "./train/createLocalTrainer.ts";
export { createPredictor, type Prediction, type Predictor, type PredictorOptions } from "./train/createPredictor.ts";
export type { LocalPlan } from "./train/localPlan.ts";
export type {
  Evaluation,
  LocalTrainer,
  LocalUpdate,
  Training,
  TrainProgress,
  TrainRequest,
} from "./train/localTrainer.ts";
