/** Equal coordinates of a point, kept once. */
export interface Coordinates {
  readonly value: number;
  readonly count: number;
}

/**
 * The nearest point of the probability simplex, whose coordinates are >= 0 and sum to 1, is max(0, value - theta): this
 * is theta. The same bits for every order. Source: Duchi et al. 2008, figure 1 (ICML).
 */
export function simplexThreshold(coordinates: readonly Coordinates[]): number {
  let sum = 0;
  let count = 0;
  let theta = 0;
  for (const block of [...coordinates].sort((a, b) => b.value - a.value)) {
    if (block.count === 0) continue;
    sum += block.value * block.count;
    count += block.count;
    const candidate = (sum - 1) / count;
    if (block.value <= candidate) break;
    theta = candidate;
  }
  return theta;
}
