import type { Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import { itemView, reshapeView } from "./views.ts";

export interface ProductOptions {
  /** [columns], what the sums start from; zeros when absent. */
  readonly init?: View | undefined;
  readonly relu?: boolean;
}

/** out = relu?(a·b + init), matrix by matrix where a and b are stacks. */
export function lowerMatmul(lowering: Lowering, matmul: Tensor, out: View, options: ProductOptions = {}): void {
  const [a, b] = matmul.inputs.map((source) => lowering.dense(lowering.view(source))) as [View, View];
  const stack = out.shape.slice(0, -2).reduce((product, size) => product * size, 1);
  if (stack === 1) {
    const only = (view: View): View => reshapeView(view, view.shape.slice(-2));
    lowerProduct(lowering, matmul, only(a), only(b), only(out), options);
    return;
  }
  const stacked = (view: View): View => reshapeView(view, [stack, ...view.shape.slice(-2)]);
  const loop = lowering.newLoop();
  const item = (view: View): View => itemView(stacked(view), loop, false);
  const body = lowering.collect(() => lowerProduct(lowering, matmul, item(a), item(b), item(out), options));
  lowering.emit({ kernel: "loop", loop, trips: stack, body });
}

/**
 * The kernel for an upright b wants a as [inner, rows], so that its broadcasts are neighbours; the kernel for a transposed b
 * wants both with `inner` last.
 */
function lowerProduct(
  lowering: Lowering,
  { attributes }: Tensor,
  a: View,
  b: View,
  out: View,
  { init, relu = false }: ProductOptions,
): void {
  const { transposeA, transposeB } = attributes;
  if (transposeB === true) {
    lowering.emit({ kernel: "matmulNT", a: transposeA === true ? lowering.transposed(a) : a, b, out });
    if (relu) lowering.map("relu", [out], out);
    return;
  }
  lowering.emit({
    kernel: "matmulTN",
    a: transposeA === true ? a : lowering.transposed(a),
    b,
    init: init ?? zeros(lowering, out.shape[1]!),
    out,
    floor: relu ? 0 : Number.NEGATIVE_INFINITY,
  });
}

/** A row of zeros to start from. */
function zeros(lowering: Lowering, columns: number): View {
  const out = lowering.newValue([columns]);
  lowering.emit({ kernel: "fill", out, constant: 0 });
  return out;
}
