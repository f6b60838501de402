import * as v from "valibot";
import { OPSET_VERSION } from "../graph/opset.ts";
import { layerDocumentSchema } from "../nn/layerDocument.ts";
import { lossDocumentSchema } from "../nn/losses/lossDocument.ts";

/** Bounds of a model document: what a client is willing to build from what a stranger sends. */
export const MODEL_LIMITS = {
  /** Those within layers included. */
  layers: 256,
  /** Layers around a layer, itself included. */
  levels: 16,
  params: 50_000_000,
  /** Of the canonical JSON. */
  bytes: 256 * 1024,
  inputElements: 2 ** 24,
  /** Products that drawing the first params takes, beyond a few for each (`orthogonal`); some tens of seconds. */
  initProducts: 2 ** 33,
} as const;

const sizeSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MODEL_LIMITS.inputElements));
const finiteSchema = v.pipe(v.number(), v.finite());

export const modelDocumentSchema = v.strictObject({
  format: v.literal("headwater-model/1"),
  /** Version of the primitive ops that the layers mean. */
  opset: v.literal(OPSET_VERSION),
  /** For people: 1 .. 100 printable characters. */
  name: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}\p{P}\p{S} ]{1,100}$/u)),
  /** One example, and how raw values become what the first layer sees: x = raw * scale + offset. */
  input: v.strictObject({
    shape: v.pipe(v.array(sizeSchema), v.minLength(1), v.maxLength(8)),
    scale: finiteSchema,
    offset: finiteSchema,
  }),
  layers: v.pipe(v.array(layerDocumentSchema), v.minLength(1), v.maxLength(MODEL_LIMITS.layers)),
  loss: lossDocumentSchema,
});

/** A model as data: hashed over its canonical JSON, sent to clients, compiled by each of them. */
export type ModelDocument = v.InferOutput<typeof modelDocumentSchema>;
