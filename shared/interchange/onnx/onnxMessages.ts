import type { BatchedSize } from "./batchSize.ts";
import {
  bytesField,
  floatField,
  intField,
  intsField,
  type Message,
  message,
  messageField,
  textField,
} from "./protobuf.ts";

// The messages of an ONNX file that an exported model is made of.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers)

/** Element types by the numbers of TensorProto.DataType. */
export const ONNX_TYPE = { f32: 1, i32: 6, i64: 7, bool: 9 } as const;

export type OnnxType = keyof typeof ONNX_TYPE;

/** A size that is known, or the name of one that is not. */
export type OnnxSize = number | string;

/** A size for people and runtimes: "batch", "20*batch". */
export function sizeText(size: BatchedSize): OnnxSize {
  if (typeof size === "number") return size;
  return `${size.times === 1 ? "" : `${size.times}*`}batch${size.plus === 0 ? "" : `+${size.plus}`}`;
}

/** An attribute of a node: a whole number, several of them, a word, another number, or the body of a loop. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly graph: Message };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly OnnxSize[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly Message[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** TensorProto: an array with its values, little-endian and row-major. */
export function tensorMessage(name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array): Message {
  return message(intsField(1, shape), intField(2, ONNX_TYPE[type]), textField(8, name), bytesField(9, bytes));
}

/** GraphProto. */
export function graphMessage({ name, nodes, initializers = [], inputs, outputs }: OnnxGraph): Message {
  return message(
    nodes.map((node, i) => messageField(1, nodeMessage(node, `${name}.${i}`))),
    textField(2, name),
    initializers.map((tensor) => messageField(5, tensor)),
    inputs.map((value) => messageField(11, valueMessage(value))),
    outputs.map((value) => messageField(12, valueMessage(value))),
  );
}

export interface OnnxModel {
  readonly graph: Message;
  /** Of the default operator set. */
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** ModelProto: the whole file. */
export function modelMessage({ graph, opset, irVersion, producer, metadata }: OnnxModel): Message {
  return message(
    intField(1, irVersion),
    textField(2, producer),
    messageField(7, graph),
    messageField(8, message(textField(1, ""), intField(2, opset))),
    Object.entries(metadata).map(([key, value]) => messageField(14, message(textField(1, key), textField(2, value)))),
  );
}

function nodeMessage({ op, inputs, outputs, attributes }: OnnxNode, name: string): Message {
  return message(
    inputs.map((input) => textField(1, input)),
    outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, op),
    Object.entries(attributes).map(([key, value]) => messageField(5, attributeMessage(key, value))),
  );
}

const ATTRIBUTE_TYPE = { float: 1, int: 2, text: 3, graph: 5, ints: 7 } as const;

function attributeMessage(name: string, value: OnnxAttribute): Message {
  const named = (type: number, ...fields: readonly Message[]): Message =>
    message(textField(1, name), fields, intField(20, type));
  if (typeof value === "number") return named(ATTRIBUTE_TYPE.int, intField(3, value));
  if (typeof value === "string") return named(ATTRIBUTE_TYPE.text, textField(4, value));
  if ("float" in value) return named(ATTRIBUTE_TYPE.float, floatField(2, value.float));
  if ("graph" in value) return named(ATTRIBUTE_TYPE.graph, messageField(6, value.graph));
  return named(ATTRIBUTE_TYPE.ints, ...value.map((item) => intField(8, item)));
}

function valueMessage({ name, type, shape }: OnnxValue): Message {
  const dimensions = shape.map((size) =>
    messageField(1, typeof size === "number" ? intField(1, size) : textField(2, size)),
  );
  const tensorType = message(intField(1, ONNX_TYPE[type]), messageField(2, message(dimensions)));
  return message(textField(1, name), messageField(2, messageField(1, tensorType)));
}
