import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, matmul, mul } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { heUniform, type Initializer, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { freeze } from "./freeze.ts";

export interface LoraOptions {
  /** Columns of A and rows of B: how many directions an adapter can change. */
  readonly rank: number;
  /** The adapter's product counts alpha / rank times; `rank` when absent. */
  readonly alpha?: number;
}

/** What follows the name of an adapted array. */
export const LORA_A = ".loraA";
export const LORA_B = ".loraB";

/**
 * Low-rank adapters: every matrix w of the layer becomes `w + (alpha / rank) · A·B`. Only A and B take a gradient, travel and
 * are aggregated; all that the layer had is frozen, keeps its name and never leaves the client.
 * Shapes: w [in, out], "w.loraA" [in, rank], "w.loraB" [rank, out]; x and y are the layer's.
 * Init: A uniform in ±sqrt(6 / in), B zero, so that training starts from the layer as it was.
 * A linear layer computes x·w + (alpha / rank) (x·A)·B, without ever making the product of A and B; another layer sees the sum.
 * Source: Hu et al. 2021, eq. 3 and section 4.1, arXiv:2106.09685.
 * @throws RangeError if the layer has no trainable matrix, or has adapters already.
 */
export function lora(layer: Layer, { rank, alpha }: LoraOptions): Layer {
  assertPositiveInteger("rank", rank);
  if (alpha !== undefined) assertFinite("alpha", alpha);
  const factor = constant((alpha ?? rank) / rank);
  const matrices = Object.entries(layer.init).filter(
    ([, { kind, shape }]) => kind === "trainable" && shape.length === 2,
  );
  // Each level would double the arrays: an adapter has two matrices, and each of them would get an adapter.
  if (matrices.some(([name]) => name.endsWith(LORA_A))) {
    throw new RangeError(`lora expected a layer without adapters, got ${layer.name}`);
  }
  if (matrices.length === 0) throw new RangeError(`lora expected a layer with a trainable matrix, got ${layer.name}`);
  const adapters = matrices.flatMap(([name, { shape }]): [string, Initializer][] => {
    const [rows, columns] = shape as [number, number];
    return [
      [name + LORA_A, heUniform([rows, rank], rows)],
      [name + LORA_B, zeros([rank, columns])],
    ];
  });
  return {
    name: `lora(${rank}) ${layer.name}`,
    ...(layer.document && {
      document: { kind: "lora", layer: layer.document, rank, ...(alpha !== undefined && { alpha }) },
    }),
    init: { ...freeze(layer.init), ...Object.fromEntries(adapters) },
    apply(params, x, ctx) {
      const within = { ...ctx, updateStatistic() {} };
      if (layer.document?.kind === "linear") {
        const { "w.loraA": a, "w.loraB": b } = params;
        const change = matmul(matmul(x, a!), b!);
        return add(layer.apply(params, x, within), mul(change, factor));
      }
      const adapted: Record<string, Tensor> = { ...params };
      for (const [name] of matrices) {
        const change = matmul(params[name + LORA_A]!, params[name + LORA_B]!);
        adapted[name] = add(params[name]!, mul(change, factor));
      }
      return layer.apply(adapted, x, within);
    },
  };
}
