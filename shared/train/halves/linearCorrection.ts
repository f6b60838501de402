import type { ParamsSpec } from "../../params/paramsSpec.ts";

/** Which of the shared params [spec.sharedLength] take a gradient, as ranges: statistics do not. */
export function gradientRanges({ entries }: ParamsSpec): readonly (readonly [start: number, end: number])[] {
  return entries.flatMap(({ scope, kind, offset, length }): [number, number][] =>
    scope === "shared" && kind === "trainable" ? [[offset, offset + length]] : [],
  );
}

/** left · a + right · b where params take a gradient, 0 elsewhere; each element is rounded once. */
export function combine(
  ranges: readonly (readonly [number, number])[],
  [left, a]: readonly [number, Float32Array],
  [right, b]: readonly [number, Float32Array],
): Float32Array {
  const sum = new Float32Array(a.length);
  for (const [start, end] of ranges) {
    for (let i = start; i < end; i++) sum[i] = left * a[i]! + right * b[i]!;
  }
  return sum;
}
