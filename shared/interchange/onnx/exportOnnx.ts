import { assertPositiveInteger } from "../../base/assert.ts";
import { canonicalJsonBytes } from "../../base/canonicalJson.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { topologicalOrder } from "../../graph/topologicalOrder.ts";
import type { Model } from "../../models/model.ts";
import { buildForwardGraph } from "../../models/trainingGraph.ts";
import { assertNumParams } from "../../params/assertNumParams.ts";
import { batchedShape, PROBE_BATCHES, pairNodes } from "./batchSize.ts";
import { createOnnxBuilder, type OnnxBuilder } from "./onnxBuilder.ts";
import { graphMessage, modelMessage, type OnnxValue, sizeText } from "./onnxMessages.ts";
import { toBytes } from "./protobuf.ts";
import { translateGraph } from "./translateGraph.ts";

export interface ExportOnnxOptions {
  /** Examples of a batch; any number of them when absent. */
  readonly batchSize?: number;
}

/** Operator set of the exported files; runtimes of 2023 and later know it. */
const ONNX_OPSET = 18;
/** Version of the file format that came with that set. */
const IR_VERSION = 8;

/**
 * A model with its params as an ONNX file that predicts: raw inputs "input" [batch, ...input.shape] (the model's scale and
 * offset are part of it) -> "output" [batch, ...outputShape], logits for a classifier. Arrays keep the names of the spec; the
 * model document is the metadata "headwater.model".
 *
 * For any batch size the model is traced twice; where sizes differ they are computed from the batch of the input.
 * Source: https://github.com/onnx/onnx/blob/main/docs/Operators.md (operator set 18)
 * @param params [model.spec.length], private ones included.
 * @throws RangeError for params of another length, or if the model is not the same at every batch size and none is given.
 */
export function exportOnnx(model: Model, params: Float32Array, options: ExportOnnxOptions = {}): Uint8Array {
  const { spec, document } = model;
  assertNumParams("params", params, spec.length);
  const { batchSize } = options;
  if (batchSize !== undefined) assertPositiveInteger("batchSize", batchSize);
  const [first, second] = batchSize === undefined ? PROBE_BATCHES : [batchSize, batchSize];
  const graph = buildForwardGraph(model, first);
  const twin = first === second ? graph : buildForwardGraph(model, second);

  const builder = createOnnxBuilder("input");
  const names = new Map<Tensor, string>();
  spec.entries.forEach(({ name, shape, offset, length }, i) => {
    const values = params.subarray(offset, offset + length);
    names.set(graph.inputs[i]!, builder.named(name, values, shape));
  });
  names.set(graph.inputs[spec.entries.length]!, preprocess(builder, document.input));
  translateGraph({ builder, names, pairs: pairNodes(graph, twin) }, topologicalOrder(graph.outputs));
  // Named apart from what computes it, which may be an input.
  const output = { op: "Identity", inputs: [names.get(graph.outputs[0]!)!], outputs: ["output"], attributes: {} };

  const described = (name: string, tensor: Tensor, other: Tensor): OnnxValue => ({
    name,
    type: tensor.dtype,
    shape: batchedShape(tensor.shape, other.shape).map(sizeText),
  });
  const at = spec.entries.length;
  const file = modelMessage({
    graph: graphMessage({
      name: "model",
      nodes: [...builder.nodes, output],
      initializers: builder.initializers,
      inputs: [described("input", graph.inputs[at]!, twin.inputs[at]!)],
      outputs: [described("output", graph.outputs[0]!, twin.outputs[0]!)],
    }),
    opset: ONNX_OPSET,
    irVersion: IR_VERSION,
    producer: "headwater",
    metadata: { "headwater.model": new TextDecoder().decode(canonicalJsonBytes(document)) },
  });
  return toBytes(file);
}

/** x = raw · scale + offset. */
function preprocess(builder: OnnxBuilder, { scale, offset }: Model["document"]["input"]): string {
  const scaled = scale === 1 ? "input" : builder.node("Mul", ["input", builder.floats([scale])]);
  return offset === 0 ? scaled : builder.node("Add", [scaled, builder.floats([offset])]);
}
