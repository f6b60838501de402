import { type BatchedSize, batchedShape, batchedSize } from "./batchSize.ts";
import type { Translate, Translation } from "./translation.ts";

/** The end of a slice that runs backward through all elements. */
const BEFORE_FIRST = Number.MIN_SAFE_INTEGER;

// Ops that move values and change none.

export const translateReshape: Translate = ({ node, twin, inputs: [x], builder }) => {
  const sizes = batchedShape(node.shape, twin.shape);
  // One size may be left to the runtime, so that most models never ask for their batch size.
  const open = sizes.filter((size) => typeof size !== "number").length === 1;
  const given = open ? sizes.map((size) => (typeof size === "number" ? size : -1)) : sizes;
  return builder.node("Reshape", [x!, builder.sizes(given)]);
};

export const translateBroadcastTo: Translate = ({ node, twin, inputs: [x], builder }) => {
  const source = node.inputs[0]!.shape;
  const missing = node.shape.length - source.length;
  // A 1 leaves an axis as it is.
  const sizes = batchedShape(node.shape, twin.shape).map((size, axis) => {
    return axis >= missing && source[axis - missing] === node.shape[axis] ? 1 : size;
  });
  return builder.node("Expand", [x!, builder.sizes(sizes)]);
};

export const translateConstant: Translate = ({ node, twin, builder }) => {
  const value = builder.floats([node.attributes.value as number]);
  if (node.shape.length === 0) return value;
  return builder.node("Expand", [value, builder.sizes(batchedShape(node.shape, twin.shape))]);
};

export const translateLiteral: Translate = ({ node, builder }) => {
  const values = node.attributes.values as readonly number[];
  return node.dtype === "i32" ? builder.wholes(values, node.shape) : builder.floats(values, node.shape);
};

export const translateTranspose: Translate = ({ node, inputs: [x], builder }) =>
  builder.node("Transpose", [x!], { perm: node.attributes.permutation as readonly number[] });

export const translateConcat: Translate = ({ node, inputs, builder }) =>
  builder.node("Concat", inputs, { axis: node.attributes.axis as number });

export const translateSlice: Translate = (translation) => {
  const { node, inputs, builder } = translation;
  const { axis, stride } = node.attributes as { axis: number; stride: number };
  const end = ({ start, size }: Record<"start" | "size", number>): number => start + (size - 1) * stride + 1;
  const [start, stop] = [batched(translation, ({ start }) => start!), batched(translation, (all) => end(all as never))];
  return builder.node("Slice", [
    inputs[0]!,
    builder.sizes([start]),
    builder.sizes([stop]),
    builder.sizes([axis]),
    builder.sizes([stride]),
  ]);
};

export const translateReverse: Translate = ({ node, inputs: [x], builder }) => {
  const axes = node.attributes.axes as readonly number[];
  const all = (value: number): string => builder.sizes(axes.map(() => value));
  return builder.node("Slice", [x!, all(-1), all(BEFORE_FIRST), builder.sizes(axes), all(-1)]);
};

export const translatePad: Translate = (translation) => {
  const { node, inputs, builder } = translation;
  const { axis, interior, value } = node.attributes as Record<"axis" | "interior" | "value", number>;
  const filler = builder.floats([value]);
  const spread = interior > 0 ? padBetween(translation, axis, interior, filler) : inputs[0]!;
  const [before, after] = [batched(translation, (all) => all.before!), batched(translation, (all) => all.after!)];
  if (before === 0 && after === 0) return spread;
  return builder.node("Pad", [spread, builder.sizes([before, after]), filler, builder.sizes([axis])]);
};

/** Padding between neighbours: each element becomes a row of its own that is padded at its end; the last one is cut. */
function padBetween({ node, twin, inputs: [x], builder }: Translation, axis: number, interior: number, filler: string) {
  const { shape } = node.inputs[0]!;
  const sizes = batchedShape(shape, twin.inputs[0]!.shape);
  const size = shape[axis]!;
  if (sizes[axis] !== size) throw new RangeError("ONNX export expected no padding between the examples of a batch");
  const rows = builder.node("Reshape", [x!, builder.sizes(sizes.toSpliced(axis + 1, 0, 1))]);
  const padded = builder.node("Pad", [rows, builder.sizes([0, interior]), filler, builder.sizes([axis + 1])]);
  const joined = builder.node("Reshape", [padded, builder.sizes(sizes.with(axis, size * (interior + 1)))]);
  const end = size + (size - 1) * interior;
  return builder.node("Slice", [joined, builder.sizes([0]), builder.sizes([end]), builder.sizes([axis])]);
}

/** A whole number made of attributes, which may grow with the batch. */
function batched({ node, twin }: Translation, from: (attributes: Record<string, number>) => number): BatchedSize {
  return batchedSize(from(node.attributes as never), from(twin.attributes as never));
}
