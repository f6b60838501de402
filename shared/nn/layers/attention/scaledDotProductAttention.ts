import {
  add,
  constant,
  greaterEqual,
  matmul,
  mul,
  range,
  reduceMax,
  reshape,
  softmax,
  sub,
} from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";

/** Added to the score of what may not be seen: e^(score - 1e9) is 0 in f32 for any score that occurs. */
const UNSEEN = 1e9;

export interface AttentionOptions {
  /** Whether a query sees only keys up to its own position. */
  readonly causal: boolean;
  /** [batch, time]: 1 where a key may be seen. */
  readonly mask?: Tensor | undefined;
  /** Applied to the probabilities [batch, heads, time, time]. */
  readonly dropout?: (probabilities: Tensor) => Tensor;
}

/**
 * softmax(q·kᵀ / √width)·v for each head; 0 for a query that may see no key.
 * Shapes: q, k, v [batch, heads, time, width] -> the same. Source: Vaswani et al. 2017, eq. 1, arXiv:1706.03762.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { causal, mask, dropout = (probabilities) => probabilities } = options;
  const [batch, , time, width] = q.shape as [number, number, number, number];
  // The scale goes to q, which is smaller than the scores.
  const scores = matmul(mul(q, constant(1 / Math.sqrt(width))), k, { transposeB: true });
  const before = causal ? causalMask(time) : undefined;
  if (!before && !mask) return matmul(dropout(softmax(scores)), v);

  const keys = mask && reshape(mask, [batch, 1, 1, time]);
  const seen = before && keys ? mul(before, keys) : (before ?? keys!);
  // A sum and not a choice: its gradient is that of the scores as they are, and the softmax gives 0 to what is unseen.
  const masked = add(scores, mul(sub(seen, constant(1)), constant(UNSEEN)));
  const attended = matmul(dropout(softmax(masked)), v);
  // A query sees its own position, unless there is padding.
  return keys ? mul(attended, reshape(reduceMax(seen, [3]), [...seen.shape.slice(0, 3), 1])) : attended;
}

/** [time, time]: 1 where the key's position is not behind the query's. */
function causalMask(time: number): Tensor {
  const positions = range(time);
  return greaterEqual(reshape(positions, [time, 1]), positions);
}
