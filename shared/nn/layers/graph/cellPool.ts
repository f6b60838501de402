import { add, concat } from "../../../graph/ops.ts";
import type { Layer } from "../../layer.ts";
import { complexGraph } from "../../messagePassing/complexGraph.ts";
import { splitCells } from "../../messagePassing/splitCells.ts";
import { type Pooling, poolRows } from "../../poolRows.ts";

/** How the three dimensions come together: side by side, or added up. */
export const CELL_POOL_JOINS = ["concat", "sum"] as const;

/**
 * Read-out of each complex: the sum, mean or maximum of its nodes, of its edges and of its 2-cells; padding does not count,
 * and a dimension without cells gives 0.
 * Shapes: x [batch, nodes + edges + cells, features] -> [batch, 3 · features] ("concat") or [batch, features] ("sum").
 * Source: Bodnar et al. 2021, arXiv:2106.12575, whose read-out it is before the final layers.
 * @throws TypeError when traced outside of a `cellComplex` layer.
 */
export function cellPool(pooling: Pooling, join: (typeof CELL_POOL_JOINS)[number] = "concat"): Layer<never> {
  return {
    name: `cellPool(${pooling}, ${join})`,
    document: { kind: "cellPool", pooling, join },
    init: {},
    apply(_, x, ctx) {
      const graph = complexGraph("cellPool", x, ctx);
      const masks = splitCells(graph, graph.mask);
      const pooled = splitCells(graph, x).map((cells, dimension) => poolRows(pooling, cells, masks[dimension]!));
      return join === "concat" ? concat(pooled, 1) : pooled.reduce(add);
    },
  };
}
