/** Element types of tensors: values are f32; labels, token ids and row indices are i32. */
export type DType = "f32" | "i32";

/** Sizes of each axis; `[]` is a scalar. Always static: a program is compiled per batch size. */
export type Shape = readonly number[];

/** Constant attributes of an op (axes, transposes, constants). Data only, so that a graph can be printed and hashed. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/**
 * A symbolic value: one node of a graph. Nothing is computed when one is made; its shape is checked at once.
 * A node may own a sub-graph (`scan`): `body` then holds it. A node of an op from outside the primitive set carries its
 * `definition`; `lowerGraph` replaces such nodes before a backend sees them.
 */
export interface Tensor {
  /** Unique, and larger than the id of every input: ascending ids are a topological order. */
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly body?: SubGraph;
  readonly definition?: OpDefinition;
}

/** A graph with its own inputs, run a static number of times by the op that owns it. */
export interface SubGraph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** A new value for a param or a slot of optimizer state at the end of a step. */
export interface Update {
  readonly target: Tensor;
  readonly value: Tensor;
}

/**
 * A graph to differentiate, run or compile: the mathematics, before any backend.
 * `inputs` are the leaves in a fixed order (op "input"); all are named by `attributes.name`.
 */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly updates: readonly Update[];
}

/**
 * An op outside the primitive set. It runs on every backend because `lower` says it in primitives (or in other defined
 * ops); no compiler file knows it.
 */
export interface OpDefinition {
  /** Not the name of a primitive. */
  readonly name: string;
  /** Shape of the result (always f32). @throws RangeError naming the op and the shapes that do not fit. */
  shape(inputs: readonly Tensor[], attributes: Attributes): Shape;
  /** The same value as a composition of ops. */
  lower(inputs: readonly Tensor[], attributes: Attributes): Tensor;
  /**
   * Vector-Jacobian product: the cotangent of each input from that of the result; `undefined` where none flows.
   * When absent, the gradient goes through `lower`.
   */
  vjp?(node: Tensor, dy: Tensor): readonly (Tensor | undefined)[];
  /** The slow, obvious twin over row-major values; when absent, the reference engine runs `lower`. */
  reference?(node: Tensor, inputs: readonly ArrayLike<number>[]): Float32Array;
}
