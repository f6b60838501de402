/**
 * The interpreter: runs a flat program (see opcodes.ts) for many steps in one call, so that JavaScript is crossed once a
 * chunk of steps. A step sees its batch through registers: where the resident rows lie and which rows are next.
 */
import {
  COLUMN_INPUTS,
  OP_ACCUMULATE,
  OP_ADVANCE_RANDOM,
  OP_CHAIN,
  OP_CONV,
  OP_CONV_FILTER_GRAD,
  OP_CONV_TRANSPOSED,
  OP_CROSS_ENTROPY,
  OP_CROSS_ENTROPY_GRAD,
  OP_CUMULATIVE_SUM,
  OP_FILL,
  OP_GATHER,
  OP_GATHER_ROWS,
  OP_LOG_SOFTMAX,
  OP_LOOP,
  OP_MAP,
  OP_MATMUL,
  OP_MAX_POOL,
  OP_MAX_POOL_GRAD,
  OP_NUM_CORRECT,
  OP_RANDOM,
  OP_REDUCE_MAX,
  OP_REDUCE_SUM,
  OP_SCATTER_ADD,
  OP_SOFTMAX,
  OP_SOFTMAX_GRAD,
  OP_STANDARDISE,
  OP_STANDARDISE_GRAD,
  OP_TRANSPOSE,
  OP_WINOGRAD,
  OP_WINOGRAD_FILTER_GRAD,
} from "../../opcodes";
import { chain } from "./chain";
import { convolve, convolveFilterGrad } from "./convolution";
import { convolveTransposed } from "./convolutionTransposed";
import { cumulativeSum, gatherRows, scatterAdd } from "./indexing";
import { map } from "./map";
import { matmul } from "./matmul";
import { maxPool, maxPoolGrad } from "./pool";
import { advanceRandom, random } from "./random";
import { fill, reduceMax, reduceSum } from "./reduce";
import { crossEntropy, crossEntropyGrad, gather, logSoftmax, numCorrect, softmax, softmaxGrad } from "./rows";
import { standardise, standardiseGrad } from "./standardise";
import { transpose } from "./transpose";
import { winograd, winogradFilterGrad } from "./winograd";

/** First address behind the kernels' static data. */
export function dataEnd(): usize {
  return __heap_base;
}

let inputs: usize = 0;
let inputsType: i32 = 0;
let targets: usize = 0;
let targetsType: i32 = 0;
let indices: usize = 0;

/** Addresses and element types (SOURCE_*) of the resident inputs and targets. */
export function setSource(inputsAt: usize, typeOfInputs: i32, targetsAt: usize, typeOfTargets: i32): void {
  inputs = inputsAt;
  inputsType = typeOfInputs;
  targets = targetsAt;
  targetsType = typeOfTargets;
}

/** Runs the program of `words` words at `code` `steps` times; step i reads its `batch` row numbers at rows + 4 * batch * i. */
export function runSteps(code: usize, words: i32, rows: usize, batch: i32, steps: i32): void {
  indices = rows;
  for (let step = 0; step < steps; step++) {
    execute(code, code + ((<usize>words) << 2));
    indices += (<usize>batch) << 2;
  }
}

function word(pc: usize, i: i32): i32 {
  return i32.load(pc + ((<usize>i) << 2));
}

function pointer(pc: usize, i: i32): usize {
  return <usize>word(pc, i);
}

function execute(code: usize, end: usize): void {
  for (let pc = code; pc < end; pc += (<usize>word(pc, 1)) << 2) {
    const p0 = pointer(pc, 2);
    const p1 = pointer(pc, 3);
    const p2 = pointer(pc, 4);
    switch (word(pc, 0)) {
      case OP_GATHER: {
        const isInputs = word(pc, 3) == COLUMN_INPUTS;
        const source = isInputs ? inputs : targets;
        const type = isInputs ? inputsType : targetsType;
        const toInt = word(pc, 8) != 0;
        gather(p0, type, source, indices, word(pc, 4), word(pc, 5), f32.load(pc, 24), f32.load(pc, 28), toInt);
        break;
      }
      case OP_MATMUL:
        matmul(
          p0,
          p1,
          p2,
          pointer(pc, 5),
          pointer(pc, 6),
          pointer(pc, 7),
          pointer(pc, 8),
          pointer(pc, 9),
          word(pc, 10),
          word(pc, 11),
          word(pc, 12),
          pointer(pc, 13),
          pointer(pc, 14),
          f32.load(pc, 60),
        );
        break;
      case OP_TRANSPOSE:
        transpose(p0, p1, word(pc, 4), word(pc, 5));
        break;
      case OP_MAP:
        map(word(pc, 2), word(pc, 7), 0, pc + 32, p1, p2, pointer(pc, 5), pointer(pc, 6));
        break;
      case OP_REDUCE_SUM:
        reduceSum(word(pc, 4), 0, pc + 20, p0, p1);
        break;
      case OP_FILL:
        fill(p0, word(pc, 3), word(pc, 4));
        break;
      case OP_SOFTMAX:
        softmax(p0, p1, word(pc, 4), word(pc, 5));
        break;
      case OP_CROSS_ENTROPY:
        crossEntropy(p0, p1, p2, word(pc, 5), word(pc, 6));
        break;
      case OP_CROSS_ENTROPY_GRAD:
        crossEntropyGrad(p0, p1, p2, word(pc, 5), pointer(pc, 6), word(pc, 7), word(pc, 8));
        break;
      case OP_NUM_CORRECT:
        f32.store(p2, numCorrect(p0, p1, word(pc, 5), word(pc, 6)));
        break;
      case OP_ACCUMULATE:
        accumulate(p0, p1, word(pc, 4));
        break;
      case OP_LOG_SOFTMAX:
        logSoftmax(p0, p1, word(pc, 4), word(pc, 5));
        break;
      case OP_SOFTMAX_GRAD:
        softmaxGrad(p0, p1, p2, word(pc, 5), word(pc, 6));
        break;
      case OP_STANDARDISE:
        standardise(p0, p1, word(pc, 4), word(pc, 5), f32.load(pc, 24));
        break;
      case OP_STANDARDISE_GRAD:
        standardiseGrad(p0, p1, p2, word(pc, 5), word(pc, 6), f32.load(pc, 28));
        break;
      case OP_CHAIN:
        chain(pc + 8);
        break;
      case OP_GATHER_ROWS:
        gatherRows(p0, p1, p2, word(pc, 5), word(pc, 6), word(pc, 7), f32.load(pc, 32));
        break;
      case OP_SCATTER_ADD:
        scatterAdd(p0, p1, p2, word(pc, 5), word(pc, 6), word(pc, 7));
        break;
      case OP_CUMULATIVE_SUM:
        cumulativeSum(p0, p1, word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7) != 0);
        break;
      case OP_RANDOM:
        random(p0, p1, word(pc, 4), word(pc, 5));
        break;
      case OP_ADVANCE_RANDOM:
        advanceRandom(p0, p1, word(pc, 4));
        break;
      case OP_MAX_POOL:
        maxPool(p0, p1, pc + 16);
        break;
      case OP_MAX_POOL_GRAD:
        maxPoolGrad(p0, p1, p2, pointer(pc, 5), pc + 24);
        break;
      case OP_CONV:
        convolve(pc + 28, p0, p1, p2, pointer(pc, 5), f32.load(pc, 24));
        break;
      case OP_CONV_FILTER_GRAD:
        convolveFilterGrad(pc + 28, p0, p1, p2, pointer(pc, 5), pointer(pc, 6));
        break;
      case OP_CONV_TRANSPOSED:
        convolveTransposed(pc + 20, p0, p1, p2);
        break;
      case OP_WINOGRAD:
        winograd(pc + 32, p0, p1, p2, pointer(pc, 5), f32.load(pc, 24), pointer(pc, 7));
        break;
      case OP_WINOGRAD_FILTER_GRAD:
        winogradFilterGrad(pc + 32, p0, p1, p2, pointer(pc, 5), pointer(pc, 6), pointer(pc, 7));
        break;
      case OP_REDUCE_MAX:
        reduceMax(word(pc, 4), 0, pc + 20, p0, p1);
        break;
      case OP_LOOP:
        loop(pc);
        break;
      default:
        unreachable();
    }
  }
}

function accumulate(x: usize, out: usize, count: i32): void {
  let sum = f64.load(out);
  for (let i = 0; i < count; i++) sum += <f64>f32.load(x + ((<usize>i) << 2));
  f64.store(out, sum);
}

/** Runs the body and moves the listed words on, trip by trip; afterwards they are as before. */
function loop(pc: usize): void {
  const trips = word(pc, 2);
  const advances = word(pc, 3);
  const table = pc + 16;
  const body = table + ((<usize>advances) << 3);
  const end = pc + ((<usize>word(pc, 1)) << 2);
  for (let trip = 0; trip < trips; trip++) {
    execute(body, end);
    advance(table, body, advances, 1);
  }
  advance(table, body, advances, -trips);
}

function advance(table: usize, body: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    const at = body + (pointer(table, 2 * i) << 2);
    i32.store(at, i32.load(at) + times * word(table, 2 * i + 1));
  }
}
