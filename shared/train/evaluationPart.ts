import type { Metric, MetricState } from "../nn/metrics/metric.ts";
import { MAX_EVALUATION_WORD } from "../protocol/strategyNeeds.ts";

// How the states of metrics travel as one vector of an update, whatever the metric.

/** Parts of an exact sum that travel: 4 · 53 binary places. What lies below is dropped, a share of 2^-200 of a sum. */
const SUM_PARTS = 4;
/** Elements that one f64 takes. */
const WORDS = 3;

/** Elements of the vector that holds the states of these metrics. */
export function evaluationPartLength(metrics: readonly Metric[]): number {
  return metrics.reduce((length, metric) => length + WORDS * numbersOf(metric.init()), 0);
}

/**
 * The states of metrics as whole numbers from 0, which f32 holds exactly:
 *
 *   state  := numRows • counts • for each sum its first 4 parts, 0 where it has fewer
 *   number := the 64 bits of the f64, from the highest, as 22 • 21 • 21 bits
 */
export function encodeEvaluation(metrics: readonly Metric[], states: readonly MetricState[]): Float32Array {
  const values = new Float32Array(evaluationPartLength(metrics));
  const bits = new DataView(new ArrayBuffer(8));
  let at = 0;
  for (const { numRows, counts, sums } of states) {
    const parts = sums.flatMap((sum) => Array.from({ length: SUM_PARTS }, (_, i) => sum[i] ?? 0));
    for (const number of [numRows, ...counts, ...parts]) {
      bits.setFloat64(0, number);
      const whole = bits.getBigUint64(0);
      values[at++] = Number(whole >> 42n);
      values[at++] = Number((whole >> 21n) & 0x1fffffn);
      values[at++] = Number(whole & 0x1fffffn);
    }
  }
  return values;
}

/**
 * The states that such a vector holds, checked for their form; whether they are honest cannot be seen.
 * @throws RangeError for another length or what is no such word, ProtocolError for what is no state of its metric.
 */
export function decodeEvaluation(metrics: readonly Metric[], values: Float32Array): MetricState[] {
  const expected = evaluationPartLength(metrics);
  if (values.length !== expected) {
    throw new RangeError(`evaluation expected ${expected} elements, got ${values.length}`);
  }
  const bits = new DataView(new ArrayBuffer(8));
  let at = 0;
  const word = (maximum: number): bigint => {
    const value = values[at++]!;
    if (Number.isInteger(value) && value >= 0 && value <= maximum) return BigInt(value);
    throw new RangeError(`evaluation[${at - 1}] expected a whole number 0 to ${maximum}, got ${value}`);
  };
  const next = (): number => {
    const high = word(MAX_EVALUATION_WORD);
    const middle = word(0x1fffff);
    bits.setBigUint64(0, (high << 42n) | (middle << 21n) | word(0x1fffff));
    return bits.getFloat64(0);
  };
  return metrics.map((metric) => {
    const { counts, sums } = metric.init();
    const numRows = next();
    return metric.parse({
      numRows,
      counts: counts.map(next),
      sums: sums.map(() => Array.from({ length: SUM_PARTS }, next)),
    });
  });
}

function numbersOf({ counts, sums }: MetricState): number {
  return 1 + counts.length + SUM_PARTS * sums.length;
}
