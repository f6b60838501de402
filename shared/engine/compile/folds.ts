import { sameShape } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** relu?(product + bias?) as one kernel. */
export interface DenseFold {
  readonly kind: "dense";
  /** matmul of matrices, or conv2d. */
  readonly product: Tensor;
  /** [columns], or for matmul [rows, columns]: what the sums start from. */
  readonly bias?: Tensor;
  readonly relu: boolean;
}

/** a ± b·c as one kernel. */
export interface MulAddFold {
  readonly kind: "addMul" | "subMul";
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
}

/** The gradient of maxPool2d(relu(..)) with respect to what relu was given, as one kernel. */
export interface PoolGradFold {
  readonly kind: "poolGrad";
  /** The maxPool2dGrad. */
  readonly grad: Tensor;
}

export type Fold = DenseFold | MulAddFold | PoolGradFold;

export interface Folds {
  /** What stands for a node, by the node whose value it makes. */
  readonly byRoot: ReadonlyMap<Tensor, Fold>;
  /** Nodes that are computed within another and nowhere else. */
  readonly inner: ReadonlySet<Tensor>;
  /** Nodes that use each node, the roots' users excluded. */
  readonly users: ReadonlyMap<Tensor, readonly Tensor[]>;
}

/** Finds the patterns that one kernel computes. A node is folded only where nothing else needs its value. */
export function findFolds(order: readonly Tensor[], roots: readonly Tensor[]): Folds {
  const users = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const source of node.inputs) users.get(source)?.push(node);
  const needed = new Set(roots);
  const isPrivate = (node: Tensor): boolean => !needed.has(node) && users.get(node)?.length === 1;

  const byRoot = new Map<Tensor, Fold>();
  const inner = new Set<Tensor>();
  const fold = (root: Tensor, folded: Tensor, into: Fold): void => {
    inner.add(folded);
    byRoot.delete(folded);
    byRoot.set(root, into);
  };

  for (const node of order) {
    const [a, b] = node.inputs;
    if (node.op === "add" || node.op === "sub") {
      if (node.op === "add" && isBiasedProduct(node, a!, b!) && isPrivate(a!)) {
        fold(node, a!, { kind: "dense", product: a!, bias: b!, relu: false });
      } else if (node.op === "add" && isBiasedProduct(node, b!, a!) && isPrivate(b!)) {
        fold(node, b!, { kind: "dense", product: b!, bias: a!, relu: false });
      } else if (b!.op === "mul" && isPrivate(b!)) {
        const [x, y] = b!.inputs as [Tensor, Tensor];
        fold(node, b!, { kind: node.op === "add" ? "addMul" : "subMul", a: a!, b: x, c: y });
      } else if (node.op === "add" && a!.op === "mul" && isPrivate(a!)) {
        const [x, y] = a!.inputs as [Tensor, Tensor];
        fold(node, a!, { kind: "addMul", a: b!, b: x, c: y });
      }
    } else if (node.op === "relu" && isPrivate(a!)) {
      const before = byRoot.get(a!);
      if (before?.kind === "dense") fold(node, a!, { ...before, relu: true });
      else if (isProduct(a!)) fold(node, a!, { kind: "dense", product: a!, relu: true });
    } else if (node.op === "reluGrad" && a!.op === "maxPool2dGrad" && a!.inputs[1] === b && isPrivate(a!)) {
      fold(node, a!, { kind: "poolGrad", grad: a! });
    }
  }
  return { byRoot, inner, users };
}

function isBiasedProduct(sum: Tensor, product: Tensor, bias: Tensor): boolean {
  const isRow = bias.shape.length === 1 && bias.shape[0] === product.shape.at(-1);
  const isWhole = product.op === "matmul" && sameShape(bias.shape, product.shape);
  return isProduct(product) && (isRow || isWhole) && sameShape(sum.shape, product.shape);
}

function isProduct({ op, shape }: Tensor): boolean {
  return op === "conv2d" || (op === "matmul" && shape.length === 2);
}
