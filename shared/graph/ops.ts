// The op builders, as layers and losses use them.
export { relu, reluGrad, sigmoid, sigmoidGrad, tanh, tanhGrad } from "./ops/activations.ts";
export { numCorrect, softmax, softmaxCrossEntropy, softmaxCrossEntropyGrad } from "./ops/classification.ts";
export { add, div, exp, greater, log, mul, neg, sqrt, sub, where } from "./ops/elementwise.ts";
export { constant, input } from "./ops/leaves.ts";
export { type MatmulOptions, matmul } from "./ops/matmul.ts";
export { reduceMean, reduceSum } from "./ops/reduce.ts";
export { type ScanOptions, type ScanResult, type ScanStep, scan } from "./ops/scan.ts";
export { broadcastTo, pad, reshape, slice, transpose } from "./ops/shaping.ts";
