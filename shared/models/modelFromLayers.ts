import { createRng } from "../base/rng.ts";
import { limitNodes } from "../graph/node.ts";
import { input } from "../graph/ops.ts";
import { numElements, shapeText } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";
import { evaluateContext } from "../nn/applyContext.ts";
import { applyLayers, composeInit } from "../nn/composeLayers.ts";
import type { Layer } from "../nn/layer.ts";
import { lossFromDocument } from "../nn/losses/lossFromDocument.ts";
import { buildParamsSpec } from "../params/buildParamsSpec.ts";
import type { Model } from "./model.ts";
import { MODEL_LIMITS, type ModelDocument } from "./modelDocument.ts";

/**
 * A model whose layers run one after the other. Entries are named "layers.<index>.<array>".
 * @throws RangeError if the layers do not fit together, hold more params than the limit, or give what the loss cannot judge.
 */
export function modelFromLayers(document: ModelDocument, layers: readonly Layer[]): Model {
  const begins = composeInit(layers, "layers");
  const spec = buildParamsSpec(Object.entries(begins).map(([name, initializer]) => ({ name, ...initializer })));
  if (spec.length > MODEL_LIMITS.params) {
    throw new RangeError(`model expected <= ${MODEL_LIMITS.params} params, got ${spec.length}`);
  }
  const products = Object.values(begins).reduce((sum, { products = 0 }) => sum + products, 0);
  if (products > MODEL_LIMITS.initProducts) {
    throw new RangeError(
      `model expected first params that take <= ${MODEL_LIMITS.initProducts} products, got ${products}; use fewer "orthogonal" weights`,
    );
  }
  const loss = lossFromDocument(document.loss);

  const head = Math.max(
    0,
    layers.findLastIndex(({ init }) => Object.keys(init).length > 0),
  );
  const applyInTwo: Model["applyInTwo"] = (params, x, ctx) => {
    const byName = Object.fromEntries(spec.entries.map(({ name }, i) => [name, params[i]!]));
    const representation = applyLayers(layers.slice(0, head), "layers", byName, x, ctx);
    return { representation, outputs: applyLayers(layers, "layers", byName, representation, ctx, head) };
  };
  const apply: Model["apply"] = (params, x, ctx) => applyInTwo(params, x, ctx).outputs;

  const outputShape = limitNodes(traceOutputShape);
  return {
    document,
    spec,
    loss,
    outputShape,
    outputSize: numElements(outputShape),
    ...(loss.prediction === "classes" && { numClasses: outputShape.at(-1)! }),
    init(rng) {
      const values = new Float32Array(spec.length);
      // One stream per array, so that adding a layer does not change how the others begin.
      const seed = rng.nextUint32();
      for (const { name, offset, length } of spec.entries) {
        begins[name]!.fill(values.subarray(offset, offset + length), createRng(seed, name));
      }
      return values;
    },
    apply,
    applyInTwo,
    representationEntries: spec.entries.flatMap(({ name }, i) => (Number(name.split(".")[1]) < head ? [i] : [])),
  };

  /** Traces one example and its loss, so that what does not fit is found when the model is made. */
  function traceOutputShape(): Shape {
    const params = spec.entries.map(({ name, shape }) => input(name, shape));
    const x = input("x", [1, ...document.input.shape]);
    const output = apply(params, x, evaluateContext);
    const [batch, ...shape] = output.shape;
    if (batch !== 1 || shape.length === 0) {
      throw new RangeError(`model expected an output [batch, ...], got ${shapeText(output.shape)} for a batch of 1`);
    }
    const layout = loss.targets(1, shape);
    const targets = layout && input("targets", layout.shape, layout.dtype);
    loss.losses(output, targets, { x, ctx: evaluateContext });
    return shape;
  }
}
