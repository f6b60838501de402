import { createNode } from "../node.ts";
import { assertDType, numElements, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./shaping.ts";

export interface MatmulOptions {
  /** `a` is stored as [inner, rows]. */
  readonly transposeA?: boolean;
  /** `b` is stored as [columns, inner]. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product, of a stack of matrices where there are leading axes.
 * Shapes: a [...stack, rows, inner], b [...stack, inner, columns] -> [...stack, rows, columns]; a transposed operand is
 * stored with its last two axes the other way round. A matrix b multiplies every matrix of the stack a.
 * @throws RangeError unless both are matrices or equal stacks of them and their inner sizes agree.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  assertDType("matmul", "f32", a, b);
  if (a.shape.length > 2 && b.shape.length === 2 && !transposeA) {
    const rows = numElements(a.shape.slice(0, -1));
    const product = matmul(reshape(a, [rows, a.shape.at(-1)!]), b, options);
    return reshape(product, [...a.shape.slice(0, -1), product.shape[1]!]);
  }
  const [rows, innerA] = matrixShape(a, b, transposeA);
  const [innerB, columns] = matrixShape(b, a, transposeB);
  const stack = a.shape.slice(0, -2);
  if (innerA !== innerB || !sameShape(stack, b.shape.slice(0, -2))) {
    const flags = `${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
    const expected = stack.length > 0 || b.shape.length > 2 ? "equal stacks and inner sizes" : "equal inner sizes";
    throw new RangeError(`matmul expected ${expected}, got ${shapeText(a.shape)} and ${shapeText(b.shape)}${flags}`);
  }
  return createNode("matmul", [a, b], [...stack, rows, columns], { attributes: { transposeA, transposeB } });
}

function matrixShape(tensor: Tensor, other: Tensor, transposed: boolean): readonly [number, number] {
  const [first, second] = tensor.shape.slice(-2);
  if (first === undefined || second === undefined) {
    throw new RangeError(`matmul expected matrices, got ${shapeText(tensor.shape)} and ${shapeText(other.shape)}`);
  }
  return transposed ? [second, first] : [first, second];
}
