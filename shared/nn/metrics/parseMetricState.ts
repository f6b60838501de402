import { ProtocolError } from "../../base/errors.ts";
import { addExactly, type ExactSum } from "./exactSum.ts";
import type { MetricState } from "./metric.ts";

/** Beyond any honest sum (2^53 squares of f32 differences are 2^311), and far from where f64 overflows. */
const MAX_ABS_SUM = 2 ** 400;
const MAX_PARTS = 41;
/** As many as a commit holds (4,000) add up below 2^53: one client cannot make the sum of all fail. */
const MAX_COUNT = 2 ** 40;

/** What a state of a metric looks like. */
export interface MetricStateShape {
  readonly name: string;
  readonly numCounts: number;
  readonly numSums: number;
}

/**
 * A state that a peer sent: `{ numRows, counts, sums }`, and no other key.
 * @throws ProtocolError MALFORMED for another form, SHAPE_MISMATCH for another number of counts or sums.
 */
export function parseMetricState(value: unknown, shape: MetricStateShape): MetricState {
  const { name, numCounts, numSums } = shape;
  if (!isRecord(value) || Object.keys(value).sort().join() !== "counts,numRows,sums") {
    throw malformed(name, "a state with numRows, counts and sums");
  }
  const { numRows, counts, sums } = value;
  if (!isCount(numRows)) throw malformed(name, "numRows as a whole number from 0 to 2^40");
  if (!Array.isArray(counts) || !Array.isArray(sums)) throw malformed(name, "counts and sums as lists");
  if (counts.length !== numCounts || sums.length !== numSums) {
    throw new ProtocolError(
      "SHAPE_MISMATCH",
      `state of "${name}" expected ${numCounts} counts and ${numSums} sums, got ${counts.length} and ${sums.length}`,
    );
  }
  if (!counts.every(isCount)) throw malformed(name, "counts as whole numbers from 0 to 2^40");
  if (!sums.every(isSum)) throw malformed(name, `sums of at most ${MAX_PARTS} finite parts within ±2^400`);
  // Added up anew, so that the parts are the canonical ones whatever the peer made of them.
  return { numRows, counts: [...counts], sums: sums.map((sum) => addExactly([], sum)) };
}

function malformed(name: string, expected: string): ProtocolError {
  return new ProtocolError("MALFORMED", `state of "${name}" expected ${expected}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_COUNT;
}

function isSum(value: unknown): value is ExactSum {
  if (!Array.isArray(value) || value.length > MAX_PARTS) return false;
  return value.every((part) => typeof part === "number" && Math.abs(part) <= MAX_ABS_SUM); // false for NaN too
}
