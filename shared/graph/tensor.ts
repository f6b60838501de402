import type { OpDefinition } from "./opDefinition.ts";

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
 * A graph ready to compile: the fused-graph waist between the mathematics and a backend.
 * `inputs` are the leaves in a fixed order (op "input"); all are named by `attributes.name`.
 */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly updates: readonly Update[];
}
