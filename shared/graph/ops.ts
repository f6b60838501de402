// The op builders, as layers and losses use them.
export { gelu, geluGrad, relu, reluGrad, sigmoid, sigmoidGrad, tanh, tanhGrad } from "./ops/activations.ts";
export {
  logSoftmax,
  numCorrect,
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
  softmaxGrad,
} from "./ops/classification.ts";
export { conv2d, conv2dFilterGrad, maxPool2d, maxPool2dGrad, type WindowOptions } from "./ops/convolution.ts";
export {
  abs,
  add,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  rsqrt,
  sin,
  sqrt,
  stopGradient,
  sub,
  toFloat,
  toInt,
  where,
} from "./ops/elementwise.ts";
export { type GatherOptions, gather, scatterAdd } from "./ops/indexing.ts";
export { constant, input, literal, range } from "./ops/leaves.ts";
export { type MatmulOptions, matmul } from "./ops/matmul.ts";
export { standardise, standardiseGrad } from "./ops/normalisation.ts";
export { advanceRandom, random } from "./ops/random.ts";
export { cumulativeSum, reduceMax, reduceMean, reduceSum } from "./ops/reduce.ts";
export { type ScanOptions, type ScanResult, type ScanStep, scan } from "./ops/scan.ts";
export { segmentMax } from "./ops/segmentMax.ts";
export { broadcastTo, concat, type PadOptions, pad, reshape, reverse, slice, transpose } from "./ops/shaping.ts";
export { SURROGATE_KINDS, type Surrogate, type SurrogateKind, spike } from "./ops/spike.ts";
export { straightThrough } from "./ops/straightThrough.ts";
