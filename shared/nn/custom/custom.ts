import { numElements, sameShape, shapeText } from "../../graph/shape.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import type { Initializer } from "../initializer.ts";
import type { Layer, LayerDocument } from "../layer.ts";
import { type WeightInit, weightInit } from "../weightInit.ts";
import { buildTrace } from "./buildTrace.ts";
import type { CustomDocument } from "./customDocument.ts";

export interface CustomParam {
  readonly shape: Shape;
  /** How it begins; fanOut is its last axis, fanIn the product of the others. */
  readonly init: WeightInit;
  /** "trainable" when absent. */
  readonly kind?: Initializer["kind"];
  /** "shared" when absent. */
  readonly scope?: Initializer["scope"];
}

/**
 * The layer of a document that spells out its ops. Shapes: x [batch, ...input] -> whatever they give.
 * @throws RangeError when traced, naming the node, if its ops do not fit.
 */
export function custom(document: CustomDocument): Layer {
  const { name, input, params } = document;
  return {
    name: `custom ${name}`,
    document: document as unknown as LayerDocument,
    init: Object.fromEntries(Object.entries(params).map(([key, param]) => [key, beginsAs(param)])),
    apply(given, x, ctx) {
      if (x.dtype !== "f32" || !sameShape(x.shape.slice(1), input)) {
        throw new RangeError(
          `custom ${name} expected f32 x [batch, ${input.join(", ")}], got ${x.dtype} ${shapeText(x.shape)}`,
        );
      }
      const trace = ctx.mode === "train" ? (document.training ?? document) : document;
      const named = new Map<string, Tensor>([["x", x], ...Object.entries(given)]);
      const { output, updates } = buildTrace(trace, {
        batch: x.shape[0]!,
        named,
        random: (shape) => ctx.random(shape),
      });
      for (const [key, value] of updates) {
        const target = given[key];
        if (params[key]?.kind !== "statistic" || !sameShape(target?.shape ?? [], value.shape)) {
          throw new RangeError(
            `custom ${name} expected updates of its statistics, in their shape, got one of "${key}"`,
          );
        }
        ctx.updateStatistic(target!, value);
      }
      return output;
    },
  };
}

function beginsAs({ shape, init, kind, scope }: CustomParam): Initializer {
  const fanOut = shape.at(-1) ?? 1;
  const fans = { fanIn: numElements(shape) / fanOut, fanOut };
  return weightInit(init, shape, fans, { ...(kind && { kind }), ...(scope && { scope }) });
}
