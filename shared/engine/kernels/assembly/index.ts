/**
 * The interpreter: runs a flat program (see opcodes.ts) for many steps in one call, so that JavaScript is crossed once a
 * chunk of steps. A step sees its batch through two registers: where the resident rows lie and which rows are next.
 */
import {
  COLUMN_INPUTS, OP_ACCUMULATE, OP_ARGMAX, OP_FILL, OP_GATHER, OP_LOOP, OP_MAP, OP_MATMUL_NT, OP_MATMUL_TN,
  OP_NUM_CORRECT, OP_REDUCE, OP_SCATTER_ADD, OP_SOFTMAX_CROSS_ENTROPY, OP_TAKE, OP_TRANSPOSE,
} from "../../opcodes";
import { map } from "./map";
import { matmulNT, matmulTN, transpose } from "./matmul";
import { fill, reduce } from "./reduce";
import { argmax, gather, numCorrect, scatterAdd, softmaxCrossEntropy, take } from "./rows";

let inputs: usize = 0;
let targets: usize = 0;
let indices: usize = 0;

/** Addresses of the resident inputs and targets. */
export function setSource(inputsAt: usize, targetsAt: usize): void {
  inputs = inputsAt;
  targets = targetsAt;
}

/** Runs the program at `code` `steps` times; step i reads its `batch` row numbers at rows + 4 * batch * i. */
export function runSteps(code: usize, words: i32, rows: usize, batch: i32, steps: i32): void {
  indices = rows;
  for (let step = 0; step < steps; step++) {
    execute(code, code + (<usize>words << 2));
    indices += <usize>batch << 2;
  }
}

/** Marks where the values of a step's loss stopped being finite: -1 if they all are. */
// @ts-ignore: decorator
@inline
function word(pc: usize, i: i32): i32 {
  return i32.load(pc + (<usize>i << 2));
}

function execute(code: usize, end: usize): void {
  for (let pc = code; pc < end; pc += <usize>word(pc, 1) << 2) {
    switch (word(pc, 0)) {
      case OP_GATHER: {
        const column = word(pc, 4);
        gather(word(pc, 2), word(pc, 3), column == COLUMN_INPUTS ? inputs : targets, indices, word(pc, 5), word(pc, 6),
          f32.load(pc, 28), f32.load(pc, 32), word(pc, 9));
        break;
      }
      case OP_MATMUL_TN:
        matmulTN(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), word(pc, 8), word(pc, 9), f32.load(pc, 40));
        break;
      case OP_MATMUL_NT:
        matmulNT(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7));
        break;
      case OP_TRANSPOSE:
        transpose(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5));
        break;
      case OP_MAP:
        map(word(pc, 2), word(pc, 7), 0, pc + 32, word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6));
        break;
      case OP_REDUCE:
        if (word(pc, 5)) fill(word(pc, 4), word(pc, 7), word(pc, 6));
        reduce(word(pc, 2), word(pc, 8), 0, pc + 36, word(pc, 3), word(pc, 4));
        break;
      case OP_FILL:
        fill(word(pc, 2), word(pc, 3), word(pc, 4));
        break;
      case OP_SOFTMAX_CROSS_ENTROPY:
        softmaxCrossEntropy(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), word(pc, 8));
        break;
      case OP_NUM_CORRECT:
        f32.store(word(pc, 6), numCorrect(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5)));
        break;
      case OP_TAKE:
        take(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7));
        break;
      case OP_SCATTER_ADD:
        scatterAdd(word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7));
        break;
      case OP_ARGMAX: {
        const columns = word(pc, 5);
        for (let r = 0; r < word(pc, 4); r++) {
          i32.store(word(pc, 3) + (<usize>r << 2), argmax(word(pc, 2) + (<usize>(r * columns) << 2), columns));
        }
        break;
      }
      case OP_ACCUMULATE: {
        let sum = f64.load(word(pc, 3));
        for (let i = 0; i < word(pc, 4); i++) sum += <f64>f32.load(word(pc, 2) + (<usize>i << 2));
        f64.store(word(pc, 3), sum);
        break;
      }
      case OP_LOOP:
        loop(pc);
        break;
      default:
        unreachable();
    }
  }
}

/** Runs the body and moves the listed words on, trip by trip; afterwards they are as before. */
function loop(pc: usize): void {
  const trips = word(pc, 2);
  const advances = word(pc, 4);
  const table = pc + 20;
  const body = table + (<usize>advances << 3);
  const end = pc + (<usize>word(pc, 1) << 2);
  for (let trip = 0; trip < trips; trip++) {
    execute(body, end);
    advance(table, body, advances, 1);
  }
  advance(table, body, advances, -trips);
}

function advance(table: usize, body: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    const at = body + (<usize>word(table, 2 * i) << 2);
    i32.store(at, i32.load(at) + times * word(table, 2 * i + 1));
  }
}
