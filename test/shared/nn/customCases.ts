import { createRng } from "../../../shared/base/rng.ts";
import {
  add,
  concat,
  constant,
  greaterEqual,
  input,
  literal,
  matmul,
  mul,
  reduceMean,
  reshape,
  scan,
  slice,
  sub,
  tanh,
  transpose,
} from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Update } from "../../../shared/graph/tensor.ts";
import type { ApplyContext } from "../../../shared/nn/applyContext.ts";
import { type CustomLayerOptions, customLayer } from "../../../shared/nn/custom/customLayer.ts";
import type { LayerCase } from "../../contract/layer.ts";

/** A mean over the batch, a flattening, a literal and a product: constants, sizes and shapes that follow the batch. */
export const centred = {
  name: "centred product",
  inputShape: [2, 3],
  params: { w: { shape: [6, 4], init: "glorotUniform" }, b: { shape: [4], init: { constant: 0.5 }, scope: "private" } },
  apply({ w, b }, x) {
    const rows = reshape(x, [x.shape[0]!, 6]);
    const centre = reduceMean(rows, [0]);
    const weighted = mul(sub(rows, centre), literal([1, 2, 3, 4, 5, 6], [6]));
    return add(matmul(weighted, w), b);
  },
} satisfies CustomLayerOptions<"w" | "b">;

/** h = tanh(x_t · w + h · u) over time: the last h. */
export const recurrent = {
  name: "plain recurrence",
  inputShape: [3, 2],
  params: { w: { shape: [2, 4], init: "glorotUniform" }, u: { shape: [4, 4], init: "orthogonal" } },
  apply({ w, u }, x) {
    const [batch] = x.shape as [number];
    const { carry, outputs } = scan({
      carry: [constant(0, [batch, 4])],
      sequences: [transpose(x, [1, 0, 2])],
      constants: [w, u],
      step([h], [item], [wIn, uIn]) {
        const next = tanh(add(matmul(item!, wIn!), matmul(h!, uIn!)));
        return { carry: [next], outputs: [next] };
      },
    });
    return concat([carry[0]!, reshape(slice(outputs[0]!, 0, 0, 1), [batch, 4])], 1);
  },
} satisfies CustomLayerOptions<"w" | "u">;

/** Dropout and a running mean: what differs between training and evaluation. */
export const noisy = {
  name: "noisy",
  inputShape: [4],
  params: { mean: { shape: [4], init: "zeros", kind: "statistic" } },
  apply({ mean }, x, ctx) {
    if (ctx.mode === "evaluate") return sub(x, mean);
    ctx.updateStatistic(mean, add(mul(mean, constant(0.5)), mul(reduceMean(x, [0]), constant(0.5))));
    return mul(sub(x, mean), greaterEqual(ctx.random(x.shape), constant(0.25)));
  },
} satisfies CustomLayerOptions<"mean">;

export function trainContext(updates: Update[]): ApplyContext {
  const rng = createRng("custom draws");
  return {
    mode: "train",
    random: (shape) =>
      literal(
        Array.from({ length: numElements(shape) }, () => Math.fround(rng.nextFloat())),
        shape,
      ),
    updateStatistic: (target, value) => void updates.push({ target, value }),
  };
}

export const customCases: readonly LayerCase[] = [
  { layer: customLayer(centred), x: [3, 2, 3], y: [3, 4], bad: input("x", [3, 3, 2]) },
  { layer: customLayer(recurrent), x: [2, 3, 2], y: [2, 8], bad: input("x", [2, 3, 2], "i32") },
  { layer: customLayer(noisy), x: [3, 4], y: [3, 4], ctx: trainContext([]), bad: input("x", [3, 5]) },
];
