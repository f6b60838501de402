import { isElementwiseOp, isPrimitiveOp } from "../../graph/opset.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { floatBits } from "./floatBits.ts";
import { type DenseFold, type Folds, findFolds } from "./folds.ts";
import type { MapKind, View } from "./fusedGraph.ts";
import type { InPlace, SgdFold } from "./inPlace.ts";
import type { Lowering } from "./lowering.ts";
import { lowerMatmul } from "./lowerMatmul.ts";
import { lowerScan } from "./lowerScan.ts";
import { lowerConvolution, lowerFilterGrad, lowerPool } from "./lowerWindows.ts";
import {
  broadcastView,
  denseView,
  isDense,
  permuteView,
  reshapeView,
  reverseView,
  sliceView,
  viewKey,
  viewSize,
} from "./views.ts";

/** Emits the kernels of the nodes, inputs before users. */
export function lowerNodes(lowering: Lowering, order: readonly Tensor[], folds: Folds, inPlace?: InPlace): void {
  const skipped = new Set(folds.inner);
  for (const { gradient } of inPlace?.sgd.values() ?? []) skipped.add(gradient);
  const scaled = new Map<string, View>();

  for (const node of order) {
    if (skipped.has(node) || node.op === "input" || node.op === "constant" || node.op === "literal") continue;
    const target = inPlace?.targets.get(node);
    const storage = target && lowering.view(target);
    const sgd = inPlace?.sgd.get(node);
    const fold = folds.byRoot.get(node);
    if (sgd && storage) {
      lowerSgd(lowering, sgd, storage, scaled);
      lowering.setView(node, storage);
    } else if (fold?.kind === "dense") {
      const out = lowering.placeFor(node);
      lowerDense(lowering, fold, out);
      lowering.setView(node, out);
    } else if (fold?.kind === "poolGrad") {
      const out = lowering.placeFor(node);
      lowerPool(lowering, fold.grad, out, { relu: true });
      lowering.setView(node, out);
    } else if (fold) {
      const inputs = [fold.a, fold.b, fold.c].map(lowering.view);
      lowering.setView(node, elementwise(lowering, fold.kind, inputs, node, storage));
    } else {
      lowerNode(lowering, node, folds, storage);
    }
  }
}

/** A sub-graph's kernels; its inputs have views already. */
export function lowerBody(lowering: Lowering, order: readonly Tensor[], outputs: readonly Tensor[]): void {
  lowerNodes(lowering, order, findFolds(order, outputs));
}

function lowerNode(lowering: Lowering, node: Tensor, { users }: Folds, storage: View | undefined): void {
  const { op, attributes, shape } = node;
  if (!isPrimitiveOp(op))
    throw new TypeError(`"${op}" is no primitive op; build graphs with createGraph, which lowers others`);
  if (isElementwiseOp(op) || op === "toInt" || op === "toFloat") {
    lowering.setView(node, elementwise(lowering, op, node.inputs.map(lowering.view), node, storage));
    return;
  }
  if (op === "scan") {
    const read = new Set((users.get(node) ?? []).map((output) => output.attributes.index));
    lowerScan(lowering, node, (index) => read.has(index), lowerBody);
    return;
  }
  if (op === "scanOutput") return; // the scan has said where its results are
  const views = node.inputs.map(lowering.view);
  const x = views[0]!;
  switch (op) {
    case "reshape":
      lowering.setView(node, reshapeView(lowering.dense(x), shape));
      return;
    case "broadcastTo":
      lowering.setView(node, broadcastView(x, shape));
      return;
    case "transpose":
      lowering.setView(node, permuteView(x, attributes.permutation as readonly number[]));
      return;
    case "slice": {
      const { axis, start, size, stride } = attributes as Record<"axis" | "start" | "size" | "stride", number>;
      lowering.setView(node, sliceView(x, axis, start, size, stride));
      return;
    }
    case "reverse":
      lowering.setView(node, reverseView(x, attributes.axes as readonly number[]));
      return;
    case "stopGradient":
      lowering.setView(node, x);
      return;
  }
  const out = lowering.placeFor(node);
  lowering.setView(node, out);
  const rowsOf = (i: number): View => lowering.dense(views[i]!);
  switch (op) {
    case "matmul":
    case "conv2d":
      lowerDense(lowering, { kind: "dense", product: node, relu: false }, out);
      return;
    case "reduceSum":
    case "reduceMax": {
      lowering.emit({ kernel: "fill", out, constant: op === "reduceSum" ? 0 : Number.NEGATIVE_INFINITY });
      const axes = attributes.axes as readonly number[];
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      lowering.emit({ kernel: op, x, out: broadcastView(reshapeView(out, kept), x.shape) });
      return;
    }
    case "cumulativeSum": {
      const { axis, reverse } = attributes as { axis: number; reverse: boolean };
      const inner = viewSize({ ...out, shape: shape.slice(axis + 1) });
      const words = [viewSize(out) / (inner * shape[axis]!), shape[axis]!, inner, reverse ? 1 : 0];
      lowering.emit({ kernel: "call", call: "cumulativeSum", inputs: [rowsOf(0)], words, out });
      return;
    }
    case "pad": {
      const { axis, before, interior, value } = attributes as Record<"axis" | "before" | "interior" | "value", number>;
      lowering.emit({ kernel: "fill", out, constant: value });
      lowering.map("copy", [x], sliceView(out, axis, before, x.shape[axis]!, interior + 1));
      return;
    }
    case "concat": {
      const axis = attributes.axis as number;
      let start = 0;
      for (const view of views) {
        lowering.map("copy", [view], sliceView(out, axis, start, view.shape[axis]!));
        start += view.shape[axis]!;
      }
      return;
    }
    case "gather":
    case "scatterAdd": {
      const isGather = op === "gather";
      const table = isGather ? x : out;
      const count = viewSize(views[1]!);
      const rows = table.shape[0]!;
      if (!isGather) lowering.emit({ kernel: "fill", out, constant: 0 });
      const call = isGather ? "gatherRows" : "scatterAdd";
      const missing = floatBits(attributes.missing === "zero" ? 0 : Number.NaN);
      const words = [count, viewSize(table) / rows, rows, ...(isGather ? [missing] : [])];
      lowering.emit({ kernel: "call", call, inputs: [rowsOf(0), rowsOf(1)], words, out });
      return;
    }
    case "random": {
      const words = [viewSize(out), attributes.stream as number];
      lowering.emit({ kernel: "call", call: "random", inputs: [rowsOf(0)], words, out });
      return;
    }
    case "advanceRandom": {
      const words = [attributes.by as number];
      lowering.emit({ kernel: "call", call: "advanceRandom", inputs: [rowsOf(0)], words, out });
      return;
    }
    case "conv2dFilterGrad":
      lowerFilterGrad(lowering, node, rowsOf(1), out);
      return;
    case "maxPool2d":
    case "maxPool2dGrad":
      lowerPool(lowering, node, out);
      return;
    case "standardise":
    case "standardiseGrad": {
      const words = [viewSize(out) / shape.at(-1)!, shape.at(-1)!, floatBits(attributes.epsilon as number)];
      lowering.emit({ kernel: "call", call: op, inputs: views.map((_, i) => rowsOf(i)), words, out });
      return;
    }
    case "softmaxGrad":
    case "logSoftmax": {
      const words = [viewSize(out) / shape.at(-1)!, shape.at(-1)!];
      lowering.emit({ kernel: "call", call: op, inputs: views.map((_, i) => rowsOf(i)), words, out });
      return;
    }
    case "softmax":
      lowering.emit({ kernel: "softmax", x: rowsOf(0), out });
      return;
    case "softmaxCrossEntropy":
      lowering.emit({ kernel: "crossEntropy", logits: rowsOf(0), labels: rowsOf(1), out });
      return;
    case "softmaxCrossEntropyGrad":
      lowering.emit({ kernel: "crossEntropyGrad", logits: rowsOf(0), labels: rowsOf(1), dLosses: views[2]!, out });
      return;
    case "numCorrect":
      lowering.emit({ kernel: "numCorrect", logits: rowsOf(0), labels: rowsOf(1), out });
      return;
    default:
      throw new TypeError(`the primitive op "${op}" has no kernel`);
  }
}

function elementwise(lowering: Lowering, kind: MapKind, inputs: readonly View[], node: Tensor, storage?: View): View {
  const out = storage ?? lowering.placeFor(node);
  lowering.map(kind, inputs, out);
  return out;
}

function lowerDense(lowering: Lowering, { product, bias, relu }: DenseFold, out: View): void {
  const given = bias && lowering.view(bias);
  const init = given && given.strides.at(-1) !== 1 ? lowering.dense(given) : given;
  if (product.op === "conv2d") lowerConvolution(lowering, product, out, { init, relu });
  else lowerMatmul(lowering, product, out, { init, relu });
}

/**
 * w -= learningRate · xᵀ·dy in one pass over w: dy is scaled first, once for all params of a layer, and the product
 * starts from w. Differs from scaling the gradient by float rounding only.
 */
function lowerSgd(lowering: Lowering, fold: SgdFold, storage: View, scaled: Map<string, View>): void {
  const { learningRate, dy, gradient } = fold;
  const view = lowering.dense(lowering.view(dy));
  const whole = reshapeView(view, [viewSize(view)]);
  const key = `${viewKey(whole)} ${learningRate.id}`;
  let flat = scaled.get(key);
  if (!flat) {
    flat = lowering.newValue(whole.shape);
    lowering.map("subMul", [lowering.constant(0), whole, lowering.view(learningRate)], flat);
    scaled.set(key, flat);
  }
  const step = reshapeView(flat, dy.shape);
  switch (gradient.op) {
    case "matmul": {
      const a = permuteView(lowering.view(gradient.inputs[0]!), [1, 0]);
      lowering.emit({ kernel: "matmul", a, b: step, init: storage, out: storage, floor: Number.NEGATIVE_INFINITY });
      return;
    }
    case "conv2dFilterGrad":
      lowerFilterGrad(lowering, gradient, step, storage, storage);
      return;
    default: {
      const columns = isDense(storage)
        ? denseView(storage.value, [...dy.shape.slice(0, -1).fill(1), dy.shape.at(-1)!])
        : storage;
      lowering.emit({ kernel: "reduceSum", x: step, out: broadcastView(columns, dy.shape) });
    }
  }
}
