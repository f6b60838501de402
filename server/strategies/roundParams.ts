/**
 * The params after a server's step: `next` of each param and of its value in `direction`, in f64 and rounded once to
 * f32; all [numParams].
 * @throws RangeError if the lengths differ or a new param is not finite.
 */
export function roundParams(
  params: Float32Array,
  direction: Float64Array,
  next: (param: number, direction: number, i: number) => number,
): Float32Array {
  if (params.length !== direction.length) {
    throw new RangeError(`a step expected ${params.length} values, got ${direction.length}`);
  }
  const rounded = new Float32Array(params.length);
  for (let i = 0; i < rounded.length; i++) {
    rounded[i] = next(params[i] as number, direction[i] as number, i);
    if (!Number.isFinite(rounded[i])) throw new RangeError(`new param ${i} expected a finite value, got ${rounded[i]}`);
  }
  return rounded;
}
