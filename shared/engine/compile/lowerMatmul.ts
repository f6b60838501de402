import type { Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";

/**
 * out = relu?(a·b + init). The kernel for an upright b wants a as [inner, rows], so that its broadcasts are neighbours;
 * the kernel for a transposed b wants both with `inner` last.
 */
export function lowerMatmul(lowering: Lowering, matmul: Tensor, out: View, init?: View, relu = false): void {
  const [a, b] = matmul.inputs.map((source) => lowering.dense(lowering.view(source))) as [View, View];
  const { transposeA, transposeB } = matmul.attributes;
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
