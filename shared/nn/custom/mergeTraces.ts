import type { JsonValue } from "../../base/canonicalJson.ts";

/** One description and the batch size that it was traced with. */
export interface Sample {
  readonly batch: number;
  readonly trace: JsonValue;
}

/**
 * Two descriptions of the same code at two batch sizes, walked in lockstep into one for every batch size: numbers that
 * stay, become { batch: k } where they are k · batch and { perBatch: k } where they are k / batch.
 * @throws RangeError that names the first place where they differ in another way.
 */
export function mergeTraces(first: Sample, second: Sample): JsonValue {
  const merge = (a: JsonValue, b: JsonValue, path: string): JsonValue => {
    if (a === b) return a;
    if (typeof a === "number" && typeof b === "number") {
      const scaled = scaleOf(a, b, first.batch, second.batch);
      if (scaled) return scaled;
    } else if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length === b.length) return a.map((item: JsonValue, i) => merge(item, b[i], `${path}.${i}`));
    } else if (isObject(a) && isObject(b)) {
      const keys = Object.keys(a);
      if (keys.join() === Object.keys(b).join()) {
        return Object.fromEntries(keys.map((key) => [key, merge(a[key]!, b[key]!, path ? `${path}.${key}` : key)]));
      }
    }
    throw new RangeError(
      `expected the same for every batch size, or what scales with it, got ${text(a)} and ${text(b)} at "${path}" for batches of ${first.batch} and ${second.batch}`,
    );
  };
  return merge(first.trace, second.trace, "");
}

/** Whether two descriptions agree; constants may differ by the rounding of k / batch. */
export function sameTrace(a: JsonValue, b: JsonValue): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b || (!areWhole(a, b) && isNear(a, b));
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: JsonValue, i) => sameTrace(item, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.join() === Object.keys(b).join() && keys.every((key) => sameTrace(a[key]!, b[key]!));
  }
  return a === b;
}

function scaleOf(a: number, b: number, batchA: number, batchB: number): JsonValue | undefined {
  const growth = a / batchA;
  if (areWhole(a, b)) return Number.isInteger(growth) && growth * batchB === b ? { batch: growth } : undefined;
  if (isNear(growth, b / batchB)) return { batch: simplest(growth) };
  return isNear(a * batchA, b * batchB) ? { perBatch: simplest(a * batchA) } : undefined;
}

/** k, or 1 / n, where the factor is a whole k or n but for the rounding to f32. */
function simplest(factor: number): number {
  const [whole, part] = [Math.round(factor), Math.round(1 / factor)];
  if (isNear(factor, whole)) return whole;
  return isNear(factor, 1 / part) ? 1 / part : factor;
}

/** Equal but for two roundings to f32. */
function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 2 ** -22 * Math.abs(b);
}

function areWhole(a: number, b: number): boolean {
  return Number.isInteger(a) && Number.isInteger(b);
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: JsonValue): string {
  return Array.isArray(value) ? `${value.length} items` : JSON.stringify(value).slice(0, 80);
}
