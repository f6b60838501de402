import { erf } from "../../../shared/base/math.ts";
import { coordinates, indexWithin } from "../../../shared/engine/reference/indexing.ts";
import { broadcastShapes, numElements } from "../../../shared/graph/shape.ts";
import type { DecodedGraph, DecodedNode, OnnxArray } from "./decodeOnnx.ts";

type Scope = ReadonlyMap<string, OnnxArray>;
type Run = (node: DecodedNode, inputs: readonly OnnxArray[], scope: Scope) => OnnxArray | readonly OnnxArray[];

/**
 * The outputs of a graph by the definitions of ONNX's operator set 18, as plain loops in f64.
 * @throws Error for an op that is not here or a name that nothing defined before.
 */
export function runOnnx(graph: DecodedGraph, inputs: readonly OnnxArray[], around: Scope = new Map()): OnnxArray[] {
  const scope = new Map([...around, ...graph.initializers]);
  graph.inputs.forEach(({ name }, i) => void scope.set(name, inputs[i]!));
  const lookUp = (name: string): OnnxArray => {
    const value = scope.get(name);
    if (!value) throw new Error(`"${name}" is used before it is defined`);
    return value;
  };
  for (const node of graph.nodes) {
    const run = ops[node.op];
    if (!run) throw new Error(`no op "${node.op}"`);
    const results = [run(node, node.inputs.map(lookUp), scope)].flat();
    node.outputs.forEach((name, i) => {
      if (scope.has(name)) throw new Error(`"${name}" is defined twice`);
      scope.set(name, results[i]!);
    });
  }
  return graph.outputs.map(({ name }) => lookUp(name));
}

const ops: Readonly<Record<string, Run>> = {
  Identity: each((x) => x),
  Add: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  Div: each((a, b) => a / b),
  Neg: each((x) => -x),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Sqrt: each(Math.sqrt),
  Reciprocal: each((x) => 1 / x),
  Abs: each(Math.abs),
  Floor: each(Math.floor),
  Erf: each(erf),
  Sin: each(Math.sin),
  Cos: each(Math.cos),
  Pow: each((a, b) => a ** b),
  Max: each((a, b) => Math.max(a, b)),
  Min: each((a, b) => Math.min(a, b)),
  Greater: each((a, b) => Number(a > b)),
  GreaterOrEqual: each((a, b) => Number(a >= b)),
  Equal: each((a, b) => Number(a === b)),
  Less: each((a, b) => Number(a < b)),
  And: each((a, b) => Number(a !== 0 && b !== 0)),
  Where: each((condition, a, b) => (condition !== 0 ? a : b)),
  Relu: each((x) => Math.max(x, 0)),
  Tanh: each(Math.tanh),
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  Cast(node, [x]) {
    const to = number(node, "to");
    const convert = to === 1 ? (v: number) => v : to === 9 ? (v: number) => Number(v !== 0) : Math.trunc;
    return { shape: x!.shape, values: x!.values.map(convert) };
  },
  MatMul(_, [a, b]) {
    const [rows, inner] = a!.shape.slice(-2) as [number, number];
    const shape = [...broadcastShapes("MatMul", a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, b!.shape.at(-1)!];
    return build(shape, (at) => {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += element(a!, at.with(-1, k)) * element(b!, at.with(-2, k));
      return sum;
    });
  },
  Transpose(node, [x]) {
    const perm = numbers(node, "perm");
    return build(
      perm.map((axis) => x!.shape[axis]!),
      (at) =>
        element(
          x!,
          perm.map((_, axis) => at[perm.indexOf(axis)]!),
        ),
    );
  },
  Reshape(_, [x, sizes]) {
    const known = sizes!.values.reduce((product, size) => (size < 0 ? product : product * size), 1);
    const shape = sizes!.values.map((size) => (size < 0 ? x!.values.length / known : size));
    if (numElements(shape) !== x!.values.length) throw new Error(`no [${shape}] holds ${x!.values.length} values`);
    return { shape, values: x!.values };
  },
  Expand: (_, [x, sizes]) => build(broadcastShapes("Expand", x!.shape, sizes!.values), (at) => element(x!, at)),
  Unsqueeze(_, [x, axes]) {
    if (axes!.values.join() !== "-1") throw new Error("only the last axis is expected");
    return { shape: [...x!.shape, 1], values: x!.values };
  },
  Shape: (node, [x]) => vector(x!.shape.slice(number(node, "start"), number(node, "end"))),
  Slice(_, [x, starts, ends, axes, steps]) {
    const shape = [...x!.shape];
    const start = new Map<number, number>();
    const step = new Map<number, number>();
    axes!.values.forEach((axis, i) => {
      const size = x!.shape[axis]!;
      const stride = steps?.values[i] ?? 1;
      const clamp = (value: number): number => {
        const fromEnd = value < 0 ? value + size : value;
        return stride > 0 ? Math.min(Math.max(fromEnd, 0), size) : Math.min(Math.max(fromEnd, -1), size - 1);
      };
      start.set(axis, clamp(starts!.values[i]!));
      step.set(axis, stride);
      shape[axis] = Math.ceil((clamp(ends!.values[i]!) - start.get(axis)!) / stride);
    });
    return build(shape, (at) =>
      element(
        x!,
        at.map((i, axis) => (start.get(axis) ?? 0) + i * (step.get(axis) ?? 1)),
      ),
    );
  },
  Pad(_, [x, pads, value, axes]) {
    const [before, after] = pads!.values as [number, number];
    const axis = axes!.values[0]!;
    const shape = x!.shape.with(axis, before + x!.shape[axis]! + after);
    return build(shape, (at) => {
      const i = at[axis]! - before;
      return i < 0 || i >= x!.shape[axis]! ? value!.values[0]! : element(x!, at.with(axis, i));
    });
  },
  Concat(node, inputs) {
    const axis = number(node, "axis");
    const size = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return build(inputs[0]!.shape.with(axis, size), (at) => {
      let start = 0;
      for (const input of inputs) {
        const end = start + input.shape[axis]!;
        if (at[axis]! < end) return element(input, at.with(axis, at[axis]! - start));
        start = end;
      }
      return Number.NaN;
    });
  },
  Gather(_, [table, indices]) {
    const shape = [...indices!.shape, ...table!.shape.slice(1)];
    return build(shape, (at) => {
      const row = element(indices!, at.slice(0, indices!.shape.length));
      if (row < -table!.shape[0]! || row >= table!.shape[0]!) throw new Error(`no row ${row}`);
      return element(table!, [row, ...at.slice(indices!.shape.length)]);
    });
  },
  ScatterND(node, [data, indices, updates]) {
    if (node.attributes.get("reduction") !== "add") throw new Error("only sums are expected");
    const width = data!.values.length / data!.shape[0]!;
    const values = [...data!.values];
    updates!.values.forEach((value, i) => {
      values[indices!.values[Math.floor(i / width)]! * width + (i % width)]! += value;
    });
    return { shape: data!.shape, values };
  },
  ReduceSum: reduce(0, (a, b) => a + b),
  ReduceMax: reduce(Number.NEGATIVE_INFINITY, (a, b) => Math.max(a, b)),
  CumSum(node, [x, axes]) {
    const axis = axes!.values[0]!;
    const isReverse = number(node, "reverse") === 1;
    return build(x!.shape, (at) => {
      let sum = 0;
      for (let i = 0; i < x!.shape[axis]!; i++) {
        if (isReverse ? i >= at[axis]! : i <= at[axis]!) sum += element(x!, at.with(axis, i));
      }
      return sum;
    });
  },
  Softmax: (_, [x]) => byRow(x!, (value, row) => Math.exp(value - logSum(row))),
  LogSoftmax: (_, [x]) => byRow(x!, (value, row) => value - logSum(row)),
  LayerNormalization(node, [x, scale]) {
    const standardised = byRow(x!, (value, row) => {
      const mean = row.reduce((sum, each) => sum + each, 0) / row.length;
      const variance = row.reduce((sum, each) => sum + (each - mean) ** 2, 0) / row.length;
      return (value - mean) / Math.sqrt(variance + number(node, "epsilon"));
    });
    return build(x!.shape, (at) => element(standardised, at) * element(scale!, at));
  },
  Conv(node, [x, w]) {
    return windows(node, x!, w!.shape[0]!, (at, taps) => {
      let sum = 0;
      for (const { tap, pixel } of taps) {
        for (let channel = 0; channel < x!.shape[1]!; channel++) {
          sum += element(x!, [at[0]!, channel, ...pixel]) * element(w!, [at[1]!, channel, ...tap]);
        }
      }
      return sum;
    });
  },
  MaxPool: (node, [x]) =>
    windows(node, x!, x!.shape[1]!, (at, taps) =>
      Math.max(...taps.map(({ pixel }) => element(x!, [at[0]!, at[1]!, ...pixel]))),
    ),
  Scan(node, inputs, scope) {
    const body = node.attributes.get("body") as DecodedGraph;
    const numSequences = number(node, "num_scan_inputs");
    const numCarries = inputs.length - numSequences;
    const sequences = inputs.slice(numCarries);
    const length = sequences[0]!.shape[0]!;
    const isReverse = numbers(node, "scan_input_directions").includes(1);
    let carries = inputs.slice(0, numCarries);
    const stacks: OnnxArray[][] = [];
    for (let step = 0; step < length; step++) {
      const t = isReverse ? length - 1 - step : step;
      const items = sequences.map(({ shape, values }) => {
        const width = values.length / length;
        return { shape: shape.slice(1), values: values.slice(t * width, (t + 1) * width) };
      });
      const results = runOnnx(body, [...carries, ...items], scope);
      carries = results.slice(0, numCarries);
      stacks[t] = results.slice(numCarries);
    }
    const stacked = stacks[0]!.map(({ shape }, i) => ({
      shape: [length, ...shape],
      values: stacks.flatMap((items) => items[i]!.values),
    }));
    return [...carries, ...stacked];
  },
};

/** Element by element over inputs that broadcast. */
function each(apply: (...values: [number, number, number]) => number): Run {
  return (_, inputs) => {
    const shape = inputs.reduce<readonly number[]>((sizes, x) => broadcastShapes("op", sizes, x.shape), []);
    return build(shape, (at) => apply(...(inputs.map((x) => element(x, at)) as [number, number, number])));
  };
}

function reduce(start: number, combine: (a: number, b: number) => number): Run {
  return (node, [x, axes]) => {
    if (number(node, "keepdims") !== 0) throw new Error("reduced axes are expected to disappear");
    const isKept = (_: number, axis: number): boolean => !axes!.values.includes(axis);
    const shape = x!.shape.filter(isKept);
    const values = new Array<number>(numElements(shape)).fill(start);
    x!.values.forEach((value, i) => {
      const to = indexWithin(coordinates(i, x!.shape).filter(isKept), shape);
      values[to] = combine(values[to]!, value);
    });
    return { shape, values };
  };
}

interface Tap {
  readonly tap: readonly [number, number];
  readonly pixel: readonly [number, number];
}

/** Over windows of images [batch, channels, height, width]; taps outside of the image are left out. */
function windows(
  node: DecodedNode,
  x: OnnxArray,
  channels: number,
  at: (at: readonly number[], taps: readonly Tap[]) => number,
): OnnxArray {
  const [kernel, strides, dilations, pads] = ["kernel_shape", "strides", "dilations", "pads"].map((name) =>
    numbers(node, name),
  ) as [number[], number[], number[], number[]];
  const sizes = [0, 1].map((i) => {
    const available = x.shape[2 + i]! + pads[i]! + pads[2 + i]!;
    return Math.floor((available - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
  });
  return build([x.shape[0]!, channels, ...sizes], (out) => {
    const taps: Tap[] = [];
    for (let i = 0; i < kernel[0]!; i++) {
      for (let j = 0; j < kernel[1]!; j++) {
        const row = out[2]! * strides[0]! + i * dilations[0]! - pads[0]!;
        const column = out[3]! * strides[1]! + j * dilations[1]! - pads[1]!;
        const isInside = row >= 0 && row < x.shape[2]! && column >= 0 && column < x.shape[3]!;
        if (isInside) taps.push({ tap: [i, j], pixel: [row, column] });
      }
    }
    return at(out, taps);
  });
}

function byRow({ shape, values }: OnnxArray, apply: (value: number, row: readonly number[]) => number): OnnxArray {
  const width = shape.at(-1)!;
  const rowOf = (i: number): readonly number[] => values.slice(i - (i % width), i - (i % width) + width);
  return { shape, values: values.map((value, i) => apply(value, rowOf(i))) };
}

function logSum(row: readonly number[]): number {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function build(shape: readonly number[], valueAt: (at: readonly number[]) => number): OnnxArray {
  return { shape, values: Array.from({ length: numElements(shape) }, (_, i) => valueAt(coordinates(i, shape))) };
}

function element({ shape, values }: OnnxArray, at: readonly number[]): number {
  return values[indexWithin(at, shape)]!;
}

function vector(values: readonly number[]): OnnxArray {
  return { shape: [values.length], values };
}

function number(node: DecodedNode, name: string): number {
  return node.attributes.get(name) as number;
}

function numbers(node: DecodedNode, name: string): readonly number[] {
  return node.attributes.get(name) as readonly number[];
}
