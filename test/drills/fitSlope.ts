export interface SlopeFit {
  /** Units of y for each unit of x. */
  readonly slope: number;
  readonly standardError: number;
}

/** Neighbours more alike than this tell next to nothing new; more would divide by almost 0. */
const MAX_CORRELATION = 0.98;

/**
 * Least squares line through points that are even in x. Memory moves in steps, so neighbouring residuals are alike: the
 * standard error of independent residuals is widened by sqrt((1 + r) / (1 - r)), r being their correlation at lag one.
 * @throws RangeError below three points.
 */
export function fitSlope(points: readonly (readonly [x: number, y: number])[]): SlopeFit {
  const count = points.length;
  if (count < 3) throw new RangeError(`"points" expected >= 3, got ${count}`);
  const sum = (term: (point: readonly [number, number], index: number) => number): number =>
    points.reduce((total, point, index) => total + term(point, index), 0);
  const meanX = sum(([x]) => x) / count;
  const meanY = sum(([, y]) => y) / count;
  const spread = sum(([x]) => (x - meanX) ** 2);
  const slope = sum(([x, y]) => (x - meanX) * (y - meanY)) / spread;
  const residuals = points.map(([x, y]) => y - meanY - slope * (x - meanX));
  const squares = residuals.reduce((total, e) => total + e * e, 0);
  const products = residuals.slice(1).reduce((total, e, i) => total + e * (residuals[i] as number), 0);
  const correlation = squares === 0 ? 0 : Math.min(Math.max(products / squares, 0), MAX_CORRELATION);
  const independent = Math.sqrt(squares / (count - 2) / spread);
  return { slope, standardError: independent * Math.sqrt((1 + correlation) / (1 - correlation)) };
}
