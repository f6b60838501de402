import type { Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import { itemView, permuteView } from "./views.ts";

export interface ProductOptions {
  /** [columns], what the sums start from; zeros when absent. */
  readonly init?: View | undefined;
  readonly relu?: boolean;
}

/** out = relu?(a·b + init), matrix by matrix where a and b are stacks. Operands are read where they lie, whatever their strides. */
export function lowerMatmul(lowering: Lowering, matmul: Tensor, out: View, options: ProductOptions = {}): void {
  const { transposeA, transposeB } = matmul.attributes;
  const [a, b] = matmul.inputs.map(lowering.view) as [View, View];
  const { init, relu = false } = options;
  const floor = relu ? 0 : Number.NEGATIVE_INFINITY;

  const emit = (left: View, right: View, result: View): void => {
    if (result.shape.length === 2) {
      lowering.emit({ kernel: "matmul", a: left, b: risingRows(lowering, right), init, out: result, floor });
    } else if (result.shape[0] === 1) {
      emit(firstItem(left), firstItem(right), firstItem(result));
    } else {
      const loop = lowering.newLoop();
      const body = lowering.collect(() =>
        emit(itemView(left, loop, false), itemView(right, loop, false), itemView(result, loop, false)),
      );
      lowering.emit({ kernel: "loop", loop, trips: result.shape[0]!, body });
    }
  };
  emit(transposeA === true ? swapped(a) : a, transposeB === true ? swapped(b) : b, out);
}

/** The kernel walks the rows of b towards higher addresses: one that is reversed or repeats a row is copied. */
function risingRows(lowering: Lowering, b: View): View {
  const [rowStride, columnStride] = b.strides as [number, number];
  if (rowStride > 0) return b;
  return b.shape[0] === 1 ? { ...b, strides: [1, columnStride] } : lowering.dense(b);
}

function firstItem(view: View): View {
  return { ...view, shape: view.shape.slice(1), strides: view.strides.slice(1) };
}

/** The last two axes exchanged. */
function swapped(view: View): View {
  const rank = view.shape.length;
  return permuteView(view, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}
