import * as v from "valibot";
import { explainIssues } from "../../base/explainIssues.ts";
import { MODEL_LIMITS } from "../../models/modelDocument.ts";

/** One layer of a Keras model as its JSON says it. */
export interface KerasLayerJson {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A Keras model as a chain of layers, its input included. */
export interface KerasTopology {
  readonly name: string | undefined;
  readonly layers: readonly KerasLayerJson[];
}

const MAX_WEIGHTS = 4096;

const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const configSchema = v.record(v.string(), v.unknown());
const layerSchema = v.object({
  class_name: nameSchema,
  config: configSchema,
  name: v.optional(nameSchema),
  inbound_nodes: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(MODEL_LIMITS.layers))),
});
const layersSchema = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(MODEL_LIMITS.layers));
const modelSchema = v.object({
  class_name: nameSchema,
  /** A Sequential of Keras 1 has no more than its layers here. */
  config: v.union([layersSchema, v.object({ name: v.optional(nameSchema), layers: layersSchema })]),
});
const weightSchema = v.object({
  name: nameSchema,
  shape: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31))), v.maxLength(8)),
  dtype: v.literal("float32"),
  quantization: v.optional(v.unknown()),
});
const fileSchema = v.object({
  modelTopology: v.union([modelSchema, v.object({ model_config: modelSchema })]),
  weightsManifest: v.pipe(
    v.array(v.object({ weights: v.pipe(v.array(weightSchema), v.maxLength(MAX_WEIGHTS)) })),
    v.maxLength(MAX_WEIGHTS),
  ),
});

export type KerasWeightSpec = v.InferOutput<typeof weightSchema>;

export interface KerasFile {
  readonly topology: KerasTopology;
  /** In the order of the bytes. */
  readonly weights: readonly KerasWeightSpec[];
}

/**
 * The parts of an untrusted model.json that matter. What it says beside them (initializers, regularizers, the training
 * configuration) is passed over.
 * @throws TypeError that names the field that is wrong, RangeError for layers that are no chain.
 */
export function parseKerasFile(json: unknown): KerasFile {
  const result = v.safeParse(fileSchema, json, { abortEarly: true });
  if (!result.success) throw new TypeError(`keras model: ${explainIssues(fileSchema, result.issues)}`);
  const { modelTopology, weightsManifest } = result.output;
  const weights = weightsManifest.flatMap((group) => group.weights);
  const quantized = weights.find(({ quantization }) => quantization !== undefined);
  if (quantized) {
    throw new TypeError(
      `keras weight "${quantized.name}" expected float32, got a quantized one; save the model without`,
    );
  }
  const model = "model_config" in modelTopology ? modelTopology.model_config : modelTopology;
  const { name, layers } = Array.isArray(model.config) ? { name: undefined, layers: model.config } : model.config;
  return {
    topology: { name, layers: model.class_name === "Sequential" ? layers : chainOf(layers) },
    weights,
  };
}

type GraphLayer = v.InferOutput<typeof layerSchema>;

/** The layers of a functional model from its input on. @throws RangeError unless each layer feeds exactly one other. */
function chainOf(layers: readonly GraphLayer[]): GraphLayer[] {
  const after = new Map<string, GraphLayer>();
  let first: GraphLayer | undefined;
  for (const layer of layers) {
    const parents = (layer.inbound_nodes ?? []).map(parentsOf);
    if (parents.length === 0) {
      if (first) throw notAChain(`"${nameOf(first)}" and "${nameOf(layer)}" are both inputs`);
      first = layer;
      continue;
    }
    const [parent] = parents[0]!;
    if (parents.length > 1 || parents[0]!.length !== 1 || parent === undefined) {
      throw notAChain(`"${nameOf(layer)}" has ${parents.flat().length} inputs`);
    }
    if (after.has(parent)) throw notAChain(`"${parent}" feeds two layers`);
    after.set(parent, layer);
  }
  const chain: GraphLayer[] = [];
  for (let next = first; next && chain.length < layers.length; next = after.get(nameOf(next))) chain.push(next);
  if (chain.length !== layers.length) throw notAChain(`${layers.length - chain.length} layers are not reached`);
  return chain;
}

/** Names of the layers that one node takes its inputs from, in the form of Keras 3 or the older one. */
function parentsOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.map((parent) => String(Array.isArray(parent) ? parent[0] : parent));
  const { args } = (node ?? {}) as { readonly args?: unknown };
  if (!Array.isArray(args)) return [];
  return args.map((tensor: { readonly config?: { readonly keras_history?: unknown } }) => {
    const history = tensor?.config?.keras_history;
    return String(Array.isArray(history) ? history[0] : history);
  });
}

function nameOf({ name, config }: GraphLayer): string {
  return name ?? String(config.name);
}

function notAChain(why: string): RangeError {
  return new RangeError(`keras model expected layers one after the other, but ${why}`);
}
