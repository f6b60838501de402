/** A run of coordinates [start, end) that one thread works on. */
export interface Span {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

const SHORTEST = 16_384;
const MOST = 64;

/**
 * Cuts the coordinates into at most 64 spans. They follow from the number of params alone: sums over spans that are added
 * in this order are the same whatever the number of threads. A model of 16,384 params is one span.
 */
export function spansOf(numParams: number): readonly Span[] {
  const length = Math.max(SHORTEST, Math.ceil(numParams / MOST / 1024) * 1024);
  return Array.from({ length: Math.ceil(numParams / length) }, (_, index) => ({
    index,
    start: index * length,
    end: Math.min(numParams, (index + 1) * length),
  }));
}
