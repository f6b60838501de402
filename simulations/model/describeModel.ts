import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { fuse } from "../../shared/engine/compile/fuse.ts";
import { countFlops } from "../../shared/engine/countFlops.ts";
import { input } from "../../shared/graph/ops.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../shared/graph/tensor.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelHash } from "../../shared/models/modelHash.ts";
import { buildForwardGraph } from "../../shared/models/trainingGraph.ts";
import { evaluateContext } from "../../shared/nn/applyContext.ts";
import { applyNested } from "../../shared/nn/composeLayers.ts";
import { layerFromDocument } from "../../shared/nn/layerFromDocument.ts";
import type { ParamsEntry } from "../../shared/params/paramsSpec.ts";

/** What `headwater model show --json` prints of a model. */
export interface ModelDescription {
  readonly name: string;
  readonly modelHash: string;
  readonly input: Model["document"]["input"];
  /** Of one example. */
  readonly outputShape: Shape;
  readonly loss: Model["document"]["loss"];
  readonly params: number;
  /** Those that travel and are aggregated. */
  readonly sharedParams: number;
  /** Floating-point operations of a forward pass over one example, 2 a multiply-add. */
  readonly flops: number;
  readonly layers: readonly LayerDescription[];
  readonly arrays: readonly Pick<ParamsEntry, "name" | "shape" | "kind" | "scope">[];
}

interface LayerDescription {
  /** As the arrays name it: "layers.0". */
  readonly path: string;
  readonly name: string;
  /** Of one example. */
  readonly outputShape: Shape;
  readonly params: number;
}

/** A model in numbers: what its layers give and hold, and what a prediction costs. */
export function describeModel(model: Model): ModelDescription {
  const { document, spec, outputShape } = model;
  const params = Object.fromEntries(spec.entries.map(({ name, shape }) => [name, input(name, shape)]));
  let value: Tensor = input("x", [1, ...document.input.shape]);
  const layers = document.layers.map((layerDocument, i): LayerDescription => {
    const layer = layerFromDocument(layerDocument);
    const path = `layers.${i}`;
    value = applyNested(layer, path, params, value, evaluateContext);
    const held = Object.values(layer.init).reduce((sum, { shape }) => sum + numElements(shape), 0);
    return { path, name: layer.name, outputShape: value.shape.slice(1), params: held };
  });
  return {
    name: document.name,
    modelHash: modelHash(document, nobleSha256),
    input: document.input,
    outputShape,
    loss: document.loss,
    params: spec.length,
    sharedParams: spec.sharedLength,
    flops: fuse(buildForwardGraph(model, 1)).steps.reduce((sum, step) => sum + countFlops(step), 0),
    layers,
    arrays: spec.entries.map(({ name, shape, kind, scope }) => ({ name, shape, kind, scope })),
  };
}
