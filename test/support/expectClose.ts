import { expect } from "vitest";

/** Each value within tolerance · max(1, |expected|); NaN only where NaN is expected, infinities equal. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance, label = "" }: { readonly tolerance: number; readonly label?: string },
): void {
  expect(actual.length, label).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i]!;
    const got = actual[i]!;
    if (Object.is(got, want) || got === want) continue;
    const difference = Math.abs(got - want);
    const bound = tolerance * Math.max(1, Math.abs(want));
    if (difference <= bound) continue; // `expect` and its message for each of many values would take seconds
    expect(difference, `${label}[${i}]: expected ${want}, got ${got}`).toBeLessThanOrEqual(bound);
  }
}
