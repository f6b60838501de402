import type { Tensor } from "../../graph/tensor.ts";
import type { OnnxBuilder } from "./onnxBuilder.ts";

/** One node of a graph, to be said in ONNX. */
export interface Translation {
  readonly node: Tensor;
  /** The same node traced for another batch size; `node` itself where the batch size is fixed. */
  readonly twin: Tensor;
  /** Names of the values of the node's inputs. */
  readonly inputs: readonly string[];
  readonly builder: OnnxBuilder;
}

/** Adds the ONNX nodes that mean one op and returns the name of their result. */
export type Translate = (translation: Translation) => string;
