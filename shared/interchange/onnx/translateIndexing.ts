import { batchedShape, batchedSize } from "./batchSize.ts";
import type { OnnxBuilder } from "./onnxBuilder.ts";
import { ONNX_TYPE } from "./onnxMessages.ts";
import type { Translate } from "./translation.ts";

// ONNX counts a negative index from the end and leaves one beyond the table undefined; here one outside reads NaN or
// 0 and writes nothing.

/** Rows by number; a number outside the table gives NaN or zeros. */
export const translateGather: Translate = ({ node, twin, inputs: [table, indices], builder }) => {
  const [source, at] = node.inputs as [(typeof node.inputs)[0], (typeof node.inputs)[0]];
  const rows = batchedSize(source.shape[0]!, twin.inputs[0]!.shape[0]!);
  const wide = builder.node("Cast", [indices!], { to: ONNX_TYPE.i64 });
  const inside = isInside(builder, wide, builder.sizes([rows]));
  const safe = builder.node("Where", [inside, wide, builder.index(0)]);
  const found = builder.node("Gather", [table!, safe], { axis: 0 });
  const sizes = [...batchedShape(at.shape, twin.inputs[1]!.shape), ...source.shape.slice(1).map(() => 1)];
  const isKnown = sizes.length === at.shape.length ? inside : builder.node("Reshape", [inside, builder.sizes(sizes)]);
  const filler = node.attributes.missing === "zero" ? 0 : Number.NaN;
  return builder.node("Where", [isKnown, found, builder.floats([filler])]);
};

/** Sums of rows by number. Rows without a place go to one more row at the end, which is cut off. */
export const translateScatterAdd: Translate = ({ node, twin, inputs: [x, indices], builder }) => {
  const [rows, ...item] = batchedShape(node.shape, twin.shape);
  const wide = builder.node("Cast", [indices!], { to: ONNX_TYPE.i64 });
  const limit = builder.sizes([rows!]);
  const safe = builder.node("Where", [isInside(builder, wide, limit), wide, limit]);
  const at = builder.node("Unsqueeze", [safe, builder.sizes([-1])]);
  const more = typeof rows === "number" ? rows + 1 : { ...rows!, plus: rows!.plus + 1 };
  const blank = builder.node("Expand", [builder.floats([0]), builder.sizes([more, ...item])]);
  const sums = builder.node("ScatterND", [blank, at, x!], { reduction: "add" });
  return builder.node("Slice", [sums, builder.sizes([0]), limit, builder.sizes([0])]);
};

/** Whether an index lies within 0 .. limit - 1; the limit is [1]. */
function isInside(builder: OnnxBuilder, indices: string, limit: string): string {
  const isEnough = builder.node("GreaterOrEqual", [indices, builder.index(0)]);
  return builder.node("And", [isEnough, builder.node("Less", [indices, limit])]);
}
