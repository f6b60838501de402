/**
 * Turns a vector of the server's state into what clients get, rounded to f32: once per vector, however many clients ask.
 * Vectors of a state are never written to, so what was rounded stays right.
 */
export function createRoundedHandout(): (vector: Float64Array) => Float32Array {
  const rounded = new WeakMap<Float64Array, Float32Array>();
  return (vector) => {
    const known = rounded.get(vector) ?? Float32Array.from(vector);
    rounded.set(vector, known);
    return known;
  };
}
