import {
  COLUMN_INPUTS,
  COLUMN_TARGETS,
  OP_ACCUMULATE,
  OP_CHAIN,
  OP_CONV,
  OP_CONV_FILTER_GRAD,
  OP_CROSS_ENTROPY,
  OP_CROSS_ENTROPY_GRAD,
  OP_FILL,
  OP_GATHER,
  OP_LOOP,
  OP_MAP,
  OP_MATMUL,
  OP_NUM_CORRECT,
  OP_REDUCE_MAX,
  OP_REDUCE_SUM,
  OP_SOFTMAX,
  OP_TRANSPOSE,
  OP_WINOGRAD,
  OP_WINOGRAD_FILTER_GRAD,
} from "../opcodes.ts";
import { floatBits } from "./floatBits.ts";
import { type ConvolutionSteps, type Step, type Value, type View, viewsOf } from "./fusedGraph.ts";
import { CALL_CODES, MAP_CODES } from "./kernelCodes.ts";
import { collapse, viewKey, viewSize } from "./views.ts";

/** Where things are: byte addresses in the WebAssembly memory. */
export interface Addresses {
  addressOf(value: Value): number;
  /** Address of the f64 total of this number. */
  totalAddress(total: number): number;
}

/** An operand: a plain word, or a view whose address goes there. */
type Operand = number | View;

/** Writes the steps as instructions (see opcodes.ts). */
export function encodeProgram(steps: readonly Step[], addresses: Addresses): Int32Array {
  return Int32Array.from(encodeAll(steps, addresses).words);
}

interface Code {
  readonly words: number[];
  /** Words that move on at each trip of a loop. */
  readonly advances: { readonly loop: number; readonly word: number; readonly bytes: number }[];
}

function encodeAll(steps: readonly Step[], addresses: Addresses): Code {
  const all: Code = { words: [], advances: [] };
  for (const step of steps) {
    const code = step.kernel === "loop" ? encodeLoop(step, addresses) : encodeStep(step, addresses);
    for (const { loop, word, bytes } of code.advances) {
      all.advances.push({ loop, word: word + all.words.length, bytes });
    }
    for (const word of code.words) all.words.push(word);
  }
  return all;
}

function encodeLoop(step: Step & { kernel: "loop" }, addresses: Addresses): Code {
  const body = encodeAll(step.body, addresses);
  const own = body.advances.filter(({ loop }) => loop === step.loop);
  const head = [OP_LOOP, 4 + 2 * own.length + body.words.length, step.trips, own.length];
  for (const { word, bytes } of own) head.push(word, bytes);
  const outer = body.advances.filter(({ loop }) => loop !== step.loop);
  return {
    words: [...head, ...body.words],
    advances: outer.map((advance) => ({ ...advance, word: advance.word + head.length })),
  };
}

function encodeStep(step: Exclude<Step, { kernel: "loop" }>, addresses: Addresses): Code {
  const operands = operandsOf(step, addresses);
  const code: Code = { words: [operands[0] as number, operands.length + 1], advances: [] };
  for (const operand of operands.slice(1)) {
    if (typeof operand === "number") {
      code.words.push(operand);
      continue;
    }
    for (const { loop, elements } of operand.advances) {
      code.advances.push({ loop, word: code.words.length, bytes: 4 * elements });
    }
    code.words.push(addresses.addressOf(operand.value) + 4 * operand.offset);
  }
  return code;
}

/** Opcode first, then the operands; the word count is put between them. */
function operandsOf(step: Exclude<Step, { kernel: "loop" }>, addresses: Addresses): Operand[] {
  switch (step.kernel) {
    case "gather": {
      const { out, column, batch, scale, offset } = step;
      const code = column === "inputs" ? COLUMN_INPUTS : COLUMN_TARGETS;
      const isInt = out.value.dtype === "i32" ? 1 : 0;
      return [OP_GATHER, out, code, batch, viewSize(out) / batch, floatBits(scale), floatBits(offset), isInt];
    }
    case "matmul": {
      const { a, b, init, out, floor } = step;
      const [rows, inner] = a.shape as [number, number];
      return [
        ...[OP_MATMUL, a, ...bytes(a.strides), b, ...bytes(b.strides), out, 4 * out.strides[0]!],
        ...[rows, inner, b.shape[1]!, init ?? 0, init?.shape.length === 2 ? 4 * init.strides[0]! : 0, floatBits(floor)],
      ];
    }
    case "conv": {
      const { x, w, init, out, floor, scratch } = step;
      const code = scratch ? OP_WINOGRAD : OP_CONV;
      const words = convolutionWords(step, x, w, out);
      return [code, x, w, out, init, floatBits(floor), ...(scratch ? [scratch] : []), ...words];
    }
    case "convFilterGrad": {
      const { x, dy, init, out, scratch } = step;
      const code = scratch ? OP_WINOGRAD_FILTER_GRAD : OP_CONV_FILTER_GRAD;
      const initStride = init.shape.length === 4 ? 4 * init.shape[3]! : 0;
      return [code, x, dy, out, init, initStride, ...(scratch ? [scratch] : []), ...convolutionWords(step, x, out, dy)];
    }
    case "transpose":
      return [OP_TRANSPOSE, step.x, step.out, step.x.shape[0]!, step.x.shape[1]!];
    case "map": {
      const { kind, out, inputs } = step;
      const [a, b = a, c = a] = inputs as [View, View?, View?];
      const { dims, strides } = collapse([out, a, b, c]);
      return [OP_MAP, MAP_CODES[kind], out, a, b, c, dims.length, ...dims, ...strides.flat()];
    }
    case "chain":
      return chainOperands(step);
    case "call":
      return [CALL_CODES[step.call], ...step.inputs, step.out, ...step.words];
    case "reduceSum":
    case "reduceMax": {
      const { dims, strides } = collapse([step.x, step.out]);
      return [
        step.kernel === "reduceSum" ? OP_REDUCE_SUM : OP_REDUCE_MAX,
        step.x,
        step.out,
        dims.length,
        ...dims,
        ...strides.flat(),
      ];
    }
    case "fill":
      return [OP_FILL, step.out, viewSize(step.out), floatBits(step.constant)];
    case "softmax": {
      const classes = step.x.shape.at(-1)!;
      return [OP_SOFTMAX, step.x, step.out, viewSize(step.x) / classes, classes];
    }
    case "crossEntropy":
      return [OP_CROSS_ENTROPY, step.logits, step.labels, step.out, ...(step.logits.shape as [number, number])];
    case "crossEntropyGrad": {
      const { logits, labels, dLosses, out } = step;
      const stride = dLosses.strides[0]!;
      return [OP_CROSS_ENTROPY_GRAD, logits, labels, dLosses, stride, out, ...(logits.shape as [number, number])];
    }
    case "numCorrect":
      return [OP_NUM_CORRECT, step.logits, step.labels, step.out, ...(step.logits.shape as [number, number])];
    case "accumulate":
      return [OP_ACCUMULATE, step.x, addresses.totalAddress(step.total), viewSize(step.x)];
  }
}

/** Scratch blocks are given out and taken back as links are last used, so that few are needed. */
function chainOperands({ links, ...step }: Step & { kernel: "chain" }): Operand[] {
  const arrays = new Map<string, View>();
  for (const view of viewsOf({ ...step, links })) arrays.set(viewKey(view), view);
  const keys = [...arrays.keys()];
  const { dims, strides } = collapse([...arrays.values()]);
  const lastUse = links.map((_, i) => links.findLastIndex(({ inputs }) => inputs.includes(i)));
  const free: number[] = [];
  const blocks = new Map<number, number>();
  let numBlocks = 0;
  const words = links.flatMap(({ kind, inputs, out }, i) => {
    const operands = inputs.map((operand) =>
      typeof operand === "number" ? -1 - blocks.get(operand)! : keys.indexOf(viewKey(operand)),
    );
    for (const [link, block] of blocks) {
      if (lastUse[link] !== i) continue;
      free.push(block);
      blocks.delete(link);
    }
    if (!out) blocks.set(i, free.pop() ?? numBlocks++);
    const [a = 0, b = a, c = a] = operands;
    return [MAP_CODES[kind], out ? keys.indexOf(viewKey(out)) : -1 - blocks.get(i)!, a, b, c];
  });
  return [
    ...[OP_CHAIN, dims.length, ...dims, keys.length],
    ...[...arrays.values()].flatMap((view, i): Operand[] => [view, ...bytes(strides[i]!)]),
    ...[links.length, ...words],
  ];
}

function bytes(strides: readonly number[]): number[] {
  return strides.map((stride) => 4 * stride);
}

/** The words that convolution.ts lists, for y = conv2d(x, w). */
function convolutionWords({ strides, dilations }: ConvolutionSteps, x: View, w: View, y: View): number[] {
  const [batch, rows, columns, channelsOut] = y.shape as [number, number, number, number];
  const [tapsY, tapsX, channelsIn] = w.shape as [number, number, number];
  const [xImage, xRow, xPixel] = bytes(x.strides) as [number, number, number];
  return [
    ...[batch, rows, columns, channelsIn, channelsOut, tapsY, tapsX],
    ...[xImage, strides[0] * xRow, strides[1] * xPixel, dilations[0] * xRow, dilations[1] * xPixel],
    ...bytes(y.strides).slice(0, 3),
    ...bytes(w.strides),
  ];
}
