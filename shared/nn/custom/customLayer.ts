import * as v from "valibot";
import type { JsonValue } from "../../base/canonicalJson.ts";
import { explainIssues } from "../../base/explainIssues.ts";
import { input } from "../../graph/ops.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import type { ApplyContext } from "../applyContext.ts";
import type { Layer } from "../layer.ts";
import { type CustomParam, custom } from "./custom.ts";
import { type CustomDocument, type CustomTrace, customSchema } from "./customDocument.ts";
import { describeTrace } from "./describeTrace.ts";
import { mergeTraces, sameTrace } from "./mergeTraces.ts";

export interface CustomLayerOptions<Name extends string> {
  /** For people and errors. */
  readonly name: string;
  /** Shape of one example. */
  readonly inputShape: Shape;
  readonly params: Readonly<Record<Name, CustomParam>>;
  /** Traces what the layer computes, as `Layer.apply`; x is f32 [batch, ...inputShape]. */
  readonly apply: (params: Readonly<Record<Name, Tensor>>, x: Tensor, ctx: ApplyContext) => Tensor;
}

type Apply = Layer["apply"];

/** Batch sizes that the document is derived from, and those that it is then held to. */
const DERIVED = [5, 7] as const;
const HELD = [1, 3] as const;

/**
 * A layer written in ops that travels in the model document like a built-in one: `apply` is traced at several batch sizes, and
 * what grows or shrinks with the batch is written so. Loops over time (`scan`), random values, statistics and the project's own
 * defined ops (`spike`, `straightThrough`, `segmentMax`) are carried; other defined ops are lowered, which gives up a
 * gradient of their own. `apply` sees no mask and no graph.
 * @throws TypeError for an op or leaf that a document cannot name or a field out of bounds; RangeError, naming the place, if
 * the code depends on the batch size in another way.
 */
export function customLayer<Name extends string>(options: CustomLayerOptions<Name>): Layer {
  const { name, inputShape, params } = options;
  const apply = options.apply as Apply;
  const traced = (mode: ApplyContext["mode"], batch: number): JsonValue => {
    try {
      return traceOnce(apply, inputShape, params, mode, batch);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      throw new TypeError(`customLayer ${name}: ${error.message}`, { cause: error });
    }
  };
  const derive = (mode: ApplyContext["mode"]): CustomTrace => {
    const [first, second] = DERIVED.map((batch) => ({ batch, trace: traced(mode, batch) }));
    try {
      return mergeTraces(first!, second!) as unknown as CustomTrace;
    } catch (error) {
      throw new RangeError(`customLayer ${name}: ${(error as Error).message}`, { cause: error });
    }
  };
  const [evaluation, training] = [derive("evaluate"), derive("train")];
  const isSame = sameTrace(evaluation as unknown as JsonValue, training as unknown as JsonValue);
  const document = {
    kind: "custom",
    name,
    input: [...inputShape],
    params,
    ...evaluation,
    ...(!isSame && { training }),
  };
  const layer = custom(checked(document));
  for (const mode of ["evaluate", "train"] as const) {
    for (const batch of HELD) {
      const again = traceOnce(layer.apply, inputShape, params, mode, batch);
      if (!sameTrace(again, traced(mode, batch))) {
        throw new RangeError(`customLayer ${name} expected the same ops for every batch size, got others for ${batch}`);
      }
    }
  }
  return layer;
}

function traceOnce(
  apply: Apply,
  inputShape: Shape,
  params: Readonly<Record<string, CustomParam>>,
  mode: ApplyContext["mode"],
  batch: number,
): JsonValue {
  const x = input("x", [batch, ...inputShape]);
  const given = Object.fromEntries(Object.entries(params).map(([key, { shape }]) => [key, input(key, shape)]));
  const names = new Map<Tensor, string>([
    [x, "x"],
    ...Object.entries(given).map(([key, leaf]) => [leaf, key] as const),
  ]);
  const random = new Set<Tensor>();
  const updates: [string, Tensor][] = [];
  const output = apply(given, x, {
    mode,
    random(shape) {
      if (mode === "evaluate") throw new TypeError("random values are drawn while training only; check ctx.mode first");
      const leaf = input(`random.${random.size}`, shape);
      random.add(leaf);
      return leaf;
    },
    updateStatistic(statistic, value) {
      const key = names.get(statistic);
      if (!key || params[key]?.kind !== "statistic")
        throw new TypeError("updateStatistic expected a statistic of the layer");
      if (mode === "train") updates.push([key, value]);
    },
  });
  const { nodes, outputs } = describeTrace([output, ...updates.map(([, value]) => value)], names, random);
  const [reference, ...values] = outputs;
  return {
    nodes,
    output: reference!,
    ...(updates.length > 0 && { updates: Object.fromEntries(updates.map(([key], i) => [key, values[i]!])) }),
  } as unknown as JsonValue;
}

function checked(document: object): CustomDocument {
  const result = v.safeParse(customSchema, document, { abortEarly: true });
  if (!result.success) throw new TypeError(`customLayer: ${explainIssues(customSchema, result.issues)}`);
  return result.output;
}
