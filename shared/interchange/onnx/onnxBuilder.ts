import { floatsToBytes } from "../../params/littleEndian.ts";
import type { BatchedSize } from "./batchSize.ts";
import { type OnnxAttribute, type OnnxNode, tensorMessage } from "./onnxMessages.ts";
import type { Message } from "./protobuf.ts";

/** Collects the nodes of one graph. Arrays and sizes belong to the outermost graph, whose names a loop's body sees too. */
export interface OnnxBuilder {
  readonly nodes: readonly OnnxNode[];
  /** Adds a node with one result and returns the name of that. */
  node(op: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string;
  /** Adds a node with several results, whose names it returns. */
  nodeOf(op: string, inputs: readonly string[], numOutputs: number, attributes?: OnnxNode["attributes"]): string[];
  /** A name that nothing else has. */
  fresh(stem: string): string;
  /** A fixed f32 array; a scalar when there is no shape. */
  floats(values: ArrayLike<number>, shape?: readonly number[]): string;
  /** A fixed i32 array. */
  wholes(values: ArrayLike<number>, shape: readonly number[]): string;
  /** An i64 array [sizes], as shapes and indices are given; fixed where no size depends on the batch. */
  sizes(sizes: readonly BatchedSize[]): string;
  /** An i64 scalar. */
  index(value: number): string;
  /** A graph within this one. */
  inner(): OnnxBuilder;
}

export interface RootBuilder extends OnnxBuilder {
  readonly initializers: readonly Message[];
  /** A fixed array by a name of its own. */
  named(name: string, values: Float32Array, shape: readonly number[]): string;
}

/** @param batchOf name of the graph input whose first axis is the batch. */
export function createOnnxBuilder(batchOf: string): RootBuilder {
  const initializers: Message[] = [];
  const known = new Map<string, string>();
  const rootNodes: OnnxNode[] = [];
  let count = 0;
  const fresh = (stem: string): string => `${stem}_${count++}`;

  /** What the same key made before, so that a shape or a constant is there once. */
  function once(key: string, make: () => string): string {
    const name = known.get(key) ?? make();
    known.set(key, name);
    return name;
  }

  function named(name: string, values: Float32Array, shape: readonly number[]): string {
    initializers.push(tensorMessage(name, "f32", shape, floatsToBytes(values)));
    return name;
  }

  function int64(values: readonly number[], shape: readonly number[]): string {
    return once(`i64 ${shape} ${values}`, () => {
      const bytes = new DataView(new ArrayBuffer(8 * values.length));
      values.forEach((value, i) => void bytes.setBigInt64(8 * i, BigInt(value), true));
      const name = fresh("sizes");
      initializers.push(tensorMessage(name, "i64", shape, new Uint8Array(bytes.buffer)));
      return name;
    });
  }

  function builderOf(nodes: OnnxNode[]): OnnxBuilder {
    function nodeOf(
      op: string,
      inputs: readonly string[],
      numOutputs: number,
      attributes: Readonly<Record<string, OnnxAttribute>> = {},
    ): string[] {
      const outputs = Array.from({ length: numOutputs }, () => fresh(op));
      nodes.push({ op, inputs, outputs, attributes });
      return outputs;
    }
    return {
      nodes,
      fresh,
      nodeOf,
      node: (op, inputs, attributes) => nodeOf(op, inputs, 1, attributes)[0]!,
      floats(values, shape = []) {
        const array = Float32Array.from(values);
        const make = (): string => named(fresh("array"), array, shape);
        return array.length === 1 ? once(`f32 ${shape} ${Object.is(array[0], -0) ? "-0" : array[0]}`, make) : make();
      },
      wholes(values, shape) {
        const bytes = new DataView(new ArrayBuffer(4 * values.length));
        Array.from(values).forEach((value, i) => void bytes.setInt32(4 * i, value, true));
        const name = fresh("array");
        initializers.push(tensorMessage(name, "i32", shape, new Uint8Array(bytes.buffer)));
        return name;
      },
      index: (value) => int64([value], []),
      sizes(sizes) {
        const fixed = sizes.filter((size) => typeof size === "number");
        if (fixed.length === sizes.length) return int64(fixed, [fixed.length]);
        return once(`sizes ${JSON.stringify(sizes)}`, () => {
          const pieces = sizes.map((size) => (typeof size === "number" ? int64([size], [1]) : batched(size)));
          return pieces.length === 1 ? pieces[0]! : root.node("Concat", pieces, { axis: 0 });
        });
      },
      inner: () => builderOf([]),
    };
  }

  const root = builderOf(rootNodes);

  /** i64 [1]: times · batch size + plus, computed in the outermost graph. */
  function batched({ times, plus }: Exclude<BatchedSize, number>): string {
    const batch = once("batch", () => root.node("Shape", [batchOf], { start: 0, end: 1 }));
    const product = once(`batch ${times}`, () =>
      times === 1 ? batch : root.node("Mul", [batch, int64([times], [1])]),
    );
    return once(`batch ${times} ${plus}`, () =>
      plus === 0 ? product : root.node("Add", [product, int64([plus], [1])]),
    );
  }

  return { ...root, initializers, named };
}
