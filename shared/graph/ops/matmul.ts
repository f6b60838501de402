import { createNode } from "../node.ts";
import { assertDType, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export interface MatmulOptions {
  /** `a` is stored as [inner, rows]. */
  readonly transposeA?: boolean;
  /** `b` is stored as [columns, inner]. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product. Shapes: a [rows, inner], b [inner, columns] -> [rows, columns]; a transposed operand is stored the
 * other way round.
 * @throws RangeError unless both are matrices and their inner sizes agree.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  assertDType("matmul", "f32", a, b);
  const [rows, innerA] = matrixShape(a, transposeA);
  const [innerB, columns] = matrixShape(b, transposeB);
  if (innerA !== innerB) {
    const flags = `${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
    throw new RangeError(
      `matmul expected equal inner sizes, got ${shapeText(a.shape)} and ${shapeText(b.shape)}${flags}`,
    );
  }
  return createNode("matmul", [a, b], [rows, columns], { attributes: { transposeA, transposeB } });
}

function matrixShape(tensor: Tensor, transposed: boolean): readonly [number, number] {
  const [first, second, ...rest] = tensor.shape;
  if (first === undefined || second === undefined || rest.length > 0) {
    throw new RangeError(`matmul expected matrices, got ${shapeText(tensor.shape)}`);
  }
  return transposed ? [second, first] : [first, second];
}
