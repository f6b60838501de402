import { isPrimitiveOp, type PrimitiveOp } from "../../graph/opset.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type DenseFold, type Folds, findFolds } from "./folds.ts";
import type { MapKind, View } from "./fusedGraph.ts";
import type { InPlace, SgdFold } from "./inPlace.ts";
import type { Lowering } from "./lowering.ts";
import { lowerMatmul } from "./lowerMatmul.ts";
import { lowerScan } from "./lowerScan.ts";
import { broadcastView, denseView, isDense, permuteView, reshapeView, sliceView } from "./views.ts";

/** Emits the kernels of the nodes, inputs before users. */
export function lowerNodes(lowering: Lowering, order: readonly Tensor[], folds: Folds, inPlace?: InPlace): void {
  const skipped = new Set(folds.inner);
  for (const { gradient } of inPlace?.sgd.values() ?? []) skipped.add(gradient);
  const scaled = new Map<string, View>();

  for (const node of order) {
    if (skipped.has(node) || node.op === "input" || node.op === "constant") continue;
    const target = inPlace?.targets.get(node);
    const storage = target && lowering.view(target);
    const sgd = inPlace?.sgd.get(node);
    const fold = folds.byRoot.get(node);
    if (sgd && storage) {
      lowerSgd(lowering, sgd, storage, scaled);
      lowering.setView(node, storage);
    } else if (fold?.kind === "dense") {
      lowering.setView(node, lowerDense(lowering, fold));
    } else if (fold) {
      const inputs = [fold.a, fold.b, fold.c].map(lowering.view);
      lowering.setView(node, elementwise(lowering, fold.kind, inputs, node, storage));
    } else {
      lowerNode(lowering, node, storage);
    }
  }
}

/** A sub-graph's kernels; its inputs have views already. */
export function lowerBody(lowering: Lowering, order: readonly Tensor[], outputs: readonly Tensor[]): void {
  lowerNodes(lowering, order, findFolds(order, outputs));
}

const MAP_KINDS: Partial<Record<PrimitiveOp, MapKind>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  neg: "neg",
  exp: "exp",
  log: "log",
  sqrt: "sqrt",
  greater: "greater",
  where: "where",
  relu: "relu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  reluGrad: "reluGrad",
  tanhGrad: "tanhGrad",
  sigmoidGrad: "sigmoidGrad",
};

function lowerNode(lowering: Lowering, node: Tensor, storage: View | undefined): void {
  const { op, attributes, shape } = node;
  if (!isPrimitiveOp(op))
    throw new TypeError(`"${op}" is no primitive op; build graphs with createGraph, which lowers others`);
  const kind = MAP_KINDS[op];
  if (kind) {
    lowering.setView(node, elementwise(lowering, kind, node.inputs.map(lowering.view), node, storage));
    return;
  }
  if (op === "scan") {
    lowerScan(lowering, node, lowerBody);
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
      const { axis, start, size } = attributes as { axis: number; start: number; size: number };
      lowering.setView(node, sliceView(x, axis, start, size));
      return;
    }
  }
  const out = lowering.newValue(shape);
  lowering.setView(node, out);
  const rowsOf = (i: number): View => lowering.dense(views[i]!);
  switch (op) {
    case "matmul":
      lowering.setView(node, lowerDense(lowering, { kind: "dense", matmul: node, relu: false }));
      return;
    case "reduceSum": {
      lowering.emit({ kernel: "fill", out, constant: 0 });
      const axes = attributes.axes as readonly number[];
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      lowering.emit({ kernel: "reduceSum", x, out: broadcastView(reshapeView(out, kept), x.shape) });
      return;
    }
    case "pad": {
      const { axis, before } = attributes as { axis: number; before: number };
      lowering.emit({ kernel: "fill", out, constant: 0 });
      lowering.map("copy", [x], sliceView(out, axis, before, x.shape[axis]!));
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
  const out = storage ?? lowering.newValue(node.shape);
  lowering.map(kind, inputs, out);
  return out;
}

function lowerDense(lowering: Lowering, { matmul, bias, relu }: DenseFold): View {
  const out = lowering.newValue(matmul.shape);
  const init = bias ? lowering.dense(lowering.view(bias)) : undefined;
  lowerMatmul(lowering, matmul, out, init, relu);
  return out;
}

/**
 * w -= learningRate · xᵀ·dy in one pass over w: dy is scaled first, once for all params of a layer, and the product
 * starts from w. Differs from scaling the gradient by float rounding only.
 */
function lowerSgd(
  lowering: Lowering,
  { learningRate, dy, x }: SgdFold,
  storage: View,
  scaled: Map<string, View>,
): void {
  const key = `${dy.id} ${learningRate.id}`;
  let step = scaled.get(key);
  if (!step) {
    step = lowering.newValue(dy.shape);
    lowering.map("subMul", [lowering.constant(0), lowering.view(dy), lowering.view(learningRate)], step);
    scaled.set(key, step);
  }
  if (x) {
    const a = lowering.dense(lowering.view(x));
    lowering.emit({ kernel: "matmulTN", a, b: step, init: storage, out: storage, floor: Number.NEGATIVE_INFINITY });
  } else {
    const columns = isDense(storage) ? denseView(storage.value, [1, dy.shape[1]!]) : storage;
    lowering.emit({ kernel: "reduceSum", x: step, out: broadcastView(columns, dy.shape) });
  }
}
