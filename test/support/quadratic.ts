/** Local SGD in one dimension: `steps` times x = x - learningRate · gradient(x). Returns local - received params. */
export function localDelta(
  gradient: (x: number) => number,
  start: number,
  { learningRate, steps }: { readonly learningRate: number; readonly steps: number },
): number {
  let x = start;
  for (let step = 0; step < steps; step++) x -= learningRate * gradient(x);
  return x - start;
}
