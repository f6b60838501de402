/** Consecutive parts whose sizes differ by at most one; each a copy. */
export function splitEvenly(rows: Uint32Array, numParts: number): Uint32Array[] {
  const bound = (part: number): number => Math.floor((part * rows.length) / numParts);
  return Array.from({ length: numParts }, (_, part) => rows.slice(bound(part), bound(part + 1)));
}
