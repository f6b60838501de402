import { DataFormatError } from "../dataFormatError.ts";
import type { Edge } from "./attributedGraph.ts";

/**
 * Edges as graphs hold them: lower node first, ascending.
 * @param where names the file or graph in messages.
 * @throws DataFormatError for a node that is not there, a loop, or an edge that comes twice.
 */
export function checkEdges(where: string, pairs: Iterable<readonly number[]>, numNodes: number): Edge[] {
  const codes = new Set<number>();
  for (const [a, b] of pairs) {
    for (const node of [a, b]) {
      if (!isNode(node, numNodes)) {
        throw new DataFormatError(`${where} expected edges between nodes 0 .. ${numNodes - 1}, got [${a}, ${b}]`);
      }
    }
    const [lower, higher] = [Math.min(a as number, b as number), Math.max(a as number, b as number)];
    if (lower === higher) throw new DataFormatError(`${where} expected edges between two nodes, got [${a}, ${b}]`);
    const code = lower * numNodes + higher;
    if (codes.has(code)) throw new DataFormatError(`${where} expected each edge once, got [${lower}, ${higher}] twice`);
    codes.add(code);
  }
  return [...codes].sort((x, y) => x - y).map((code) => [Math.floor(code / numNodes), code % numNodes]);
}

function isNode(value: number | undefined, numNodes: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < numNodes;
}
