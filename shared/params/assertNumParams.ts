/** @throws RangeError with "label" unless there are so many values: [spec.length], or a part of it. */
export function assertNumParams(label: string, params: Float32Array, expected: number): void {
  if (params.length !== expected) {
    throw new RangeError(`"${label}" expected ${expected} values, got ${params.length}`);
  }
}
