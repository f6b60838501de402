import { assertPositiveInteger } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertDType, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export interface GatherOptions {
  /** What stands for a row that the table does not have: NaN, so that it is seen, when absent. */
  readonly missing?: "nan" | "zero";
}

/**
 * Rows of a table by number: an embedding, the neighbours of an edge. A number outside the table gives a row of NaN, or of
 * zeros if asked for.
 * Shapes: table [rows, ...item], indices i32 [...batch] -> [...batch, ...item].
 * @throws RangeError for a scalar table; TypeError unless the indices are i32.
 */
export function gather(table: Tensor, indices: Tensor, { missing = "nan" }: GatherOptions = {}): Tensor {
  assertDType("gather", "f32", table);
  assertDType("gather", "i32", indices);
  if (table.shape.length === 0) throw new RangeError("gather expected a table [rows, ...item], got a scalar []");
  return createNode("gather", [table, indices], [...indices.shape, ...table.shape.slice(1)], {
    attributes: { missing },
  });
}

/**
 * Adds each row of x to the row of the result that its index names; rows that none names are 0. It is the transpose of
 * `gather`, and the segment sum of graph networks. A row whose index lies outside 0 .. rows - 1 is left out.
 * Shapes: x [...batch, ...item], indices i32 [...batch] -> [rows, ...item]. Rows are added in the order of the indices.
 * @throws RangeError unless the leading sizes of x are those of the indices.
 */
export function scatterAdd(x: Tensor, indices: Tensor, rows: number): Tensor {
  assertDType("scatterAdd", "f32", x);
  assertDType("scatterAdd", "i32", indices);
  assertPositiveInteger("rows", rows);
  const rank = indices.shape.length;
  if (!sameShape(x.shape.slice(0, rank), indices.shape)) {
    throw new RangeError(
      `scatterAdd expected x [...${shapeText(indices.shape)}, ...item], got ${shapeText(x.shape)} and indices ${shapeText(indices.shape)}`,
    );
  }
  return createNode("scatterAdd", [x, indices], [rows, ...x.shape.slice(rank)], { attributes: { rows } });
}
