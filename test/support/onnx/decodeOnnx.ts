/** An array of an ONNX file or run; booleans are 0 and 1. */
export interface OnnxArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface DecodedNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, number | string | readonly number[] | DecodedGraph>;
}

export interface DecodedValue {
  readonly name: string;
  readonly type: number;
  /** Known sizes and the names of others. */
  readonly shape: readonly (number | string)[];
}

export interface DecodedGraph {
  readonly nodes: readonly DecodedNode[];
  readonly initializers: ReadonlyMap<string, OnnxArray>;
  readonly inputs: readonly DecodedValue[];
  readonly outputs: readonly DecodedValue[];
}

export interface DecodedModel {
  readonly irVersion: number;
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: DecodedGraph;
}

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

/**
 * Reads what `exportOnnx` writes, from the protocol buffer's rules and the field numbers of onnx.proto alone.
 * @throws Error for bytes that are no message or hold an element type that is not expected.
 */
export function decodeOnnx(bytes: Uint8Array): DecodedModel {
  const model = readFields(bytes);
  const opset = readFields(bytesAt(model, 8));
  const entries = listOf(model, 14).map((entry): [string, string] => {
    const fields = readFields(entry as Uint8Array);
    return [textAt(fields, 1), textAt(fields, 2)];
  });
  return {
    irVersion: numberAt(model, 1),
    opset: numberAt(opset, 2),
    metadata: new Map(entries),
    graph: decodeGraph(bytesAt(model, 7)),
  };
}

function decodeGraph(bytes: Uint8Array): DecodedGraph {
  const fields = readFields(bytes);
  const each = <T>(field: number, decode: (bytes: Uint8Array) => T): T[] =>
    listOf(fields, field).map((item) => decode(item as Uint8Array));
  return {
    nodes: each(1, decodeNode),
    initializers: new Map(each(5, decodeTensor)),
    inputs: each(11, decodeValue),
    outputs: each(12, decodeValue),
  };
}

function decodeNode(bytes: Uint8Array): DecodedNode {
  const fields = readFields(bytes);
  const texts = (field: number): string[] => listOf(fields, field).map((item) => text(item as Uint8Array));
  return {
    op: textAt(fields, 4),
    inputs: texts(1),
    outputs: texts(2),
    attributes: new Map(listOf(fields, 5).map((item) => decodeAttribute(item as Uint8Array))),
  };
}

function decodeAttribute(bytes: Uint8Array): [string, number | string | readonly number[] | DecodedGraph] {
  const fields = readFields(bytes);
  const name = textAt(fields, 1);
  switch (numberAt(fields, 20)) {
    case 1:
      return [name, numberAt(fields, 2)];
    case 2:
      return [name, numberAt(fields, 3)];
    case 3:
      return [name, textAt(fields, 4)];
    case 5:
      return [name, decodeGraph(bytesAt(fields, 6))];
    case 7:
      return [name, listOf(fields, 8).map(Number)];
    default:
      throw new Error(`attribute "${name}" of unexpected type ${numberAt(fields, 20)}`);
  }
}

function decodeTensor(bytes: Uint8Array): [string, OnnxArray] {
  const fields = readFields(bytes);
  const packed = listOf(fields, 1)[0];
  const shape = packed instanceof Uint8Array ? readVarints(packed) : [];
  const data = bytesAt(fields, 9);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const type = numberAt(fields, 2);
  const count = shape.reduce((product, size) => product * size, 1);
  const bytesEach = { [FLOAT]: 4, [INT32]: 4, [INT64]: 8 }[type];
  if (bytesEach === undefined || data.length !== count * bytesEach) {
    throw new Error(`tensor "${textAt(fields, 8)}" of type ${type} has ${data.length} bytes for ${count} elements`);
  }
  const values = Array.from({ length: count }, (_, i) => {
    if (type === FLOAT) return view.getFloat32(4 * i, true);
    return type === INT32 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true));
  });
  return [textAt(fields, 8), { shape, values }];
}

function decodeValue(bytes: Uint8Array): DecodedValue {
  const fields = readFields(bytes);
  const tensor = readFields(bytesAt(readFields(bytesAt(fields, 2)), 1));
  const shape = listOf(readFields(bytesAt(tensor, 2)), 1).map((dimension) => {
    const size = readFields(dimension as Uint8Array);
    return size.has(2) ? textAt(size, 2) : numberAt(size, 1);
  });
  return { name: textAt(fields, 1), type: numberAt(tensor, 1), shape };
}

/** The values of each field number, in the order of the bytes. */
function readFields(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    const start = at;
    while (bytes[at]! >= 0x80) at++;
    at++;
    return readVarints(bytes.subarray(start, at))[0]!;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    let value: number | Uint8Array;
    if (wireType === 5) {
      value = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true);
      at += 4;
    } else value = varint();
    if (wireType === 2) {
      if (at + value > bytes.length) throw new Error("a field runs past the end");
      value = bytes.subarray(at, at + value);
      at += value.length;
    } else if (wireType !== 0 && wireType !== 5) throw new Error(`unexpected wire type ${wireType}`);
    const field = (tag - wireType) / 8;
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function readVarints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    [value, shift] = [0n, 0n];
  }
  return values;
}

function listOf(fields: Fields, field: number): readonly (number | Uint8Array)[] {
  return fields.get(field) ?? [];
}

function numberAt(fields: Fields, field: number): number {
  return Number(listOf(fields, field)[0] ?? 0);
}

function bytesAt(fields: Fields, field: number): Uint8Array {
  return (listOf(fields, field)[0] as Uint8Array | undefined) ?? new Uint8Array();
}

function textAt(fields: Fields, field: number): string {
  return text(bytesAt(fields, field));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
