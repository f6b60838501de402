import * as v from "valibot";
import { sizeSchema } from "../kinds/bounds.ts";
import { weightInitSchema } from "../kinds/weightInitSchema.ts";
import { customOps } from "./customOps.ts";

/** Bounds of one custom layer. */
export const CUSTOM_LIMITS = {
  /** Ops, those in the bodies of loops included. */
  nodes: 4096,
  params: 64,
  /** Of one result, at the batch size that it is built for. */
  elements: 2 ** 26,
  axes: 8,
  /** Trips of a loop. */
  trips: 65_536,
} as const;

const finiteSchema = v.pipe(v.number(), v.finite());

/** Which tensor: the number of an earlier node, or "x", a param or (within a loop) "carry.0", "item.0", "constant.0". */
const referenceSchema = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(CUSTOM_LIMITS.nodes - 1)),
  v.pipe(v.string(), v.regex(/^[A-Za-z][\w.]{0,63}$/)),
]);

/** A number that grows with the batch size (k · batch) or shrinks with it (k / batch). */
const scaledSchema = v.union([v.strictObject({ batch: finiteSchema }), v.strictObject({ perBatch: finiteSchema })]);
const numberSchema = v.union([finiteSchema, scaledSchema]);

const attributesSchema = v.record(
  v.pipe(v.string(), v.maxLength(32)),
  v.union([
    numberSchema,
    v.boolean(),
    v.pipe(v.string(), v.maxLength(32)),
    v.pipe(v.array(numberSchema), v.maxLength(65_536)),
  ]),
);

const nodeEntries = {
  inputs: v.pipe(v.array(referenceSchema), v.maxLength(256)),
  attributes: v.exactOptional(attributesSchema),
};
/** Loops do not hold loops, so that a document cannot nest without end. */
const bodyNodeSchema = v.strictObject({ op: v.picklist(Object.keys(customOps)), ...nodeEntries });
const bodySchema = v.strictObject({
  nodes: v.pipe(v.array(bodyNodeSchema), v.maxLength(CUSTOM_LIMITS.nodes)),
  outputs: v.pipe(v.array(referenceSchema), v.minLength(1), v.maxLength(256)),
});
const nodeSchema = v.strictObject({
  op: v.picklist([...Object.keys(customOps), "random", "scan", "scanOutput"]),
  ...nodeEntries,
  /** Of a scan: its inputs are named "carry.<i>", "item.<i>" and "constant.<i>"; its outputs are carries, then items. */
  body: v.exactOptional(bodySchema),
});

const paramNameSchema = v.pipe(v.string(), v.regex(/^(?!x$)[A-Za-z][A-Za-z0-9]{0,31}$/));

const traceEntries = {
  nodes: v.pipe(v.array(nodeSchema), v.maxLength(CUSTOM_LIMITS.nodes)),
  output: referenceSchema,
  /** New values of statistics, by param. */
  updates: v.exactOptional(v.record(paramNameSchema, referenceSchema)),
};

export const customSchema = v.strictObject({
  kind: v.literal("custom"),
  /** For people and errors. */
  name: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}\p{P} ]{1,64}$/u)),
  /** Shape of one example. */
  input: v.pipe(v.array(sizeSchema), v.maxLength(CUSTOM_LIMITS.axes - 1)),
  params: v.pipe(
    v.record(
      paramNameSchema,
      v.strictObject({
        shape: v.pipe(v.array(sizeSchema), v.maxLength(CUSTOM_LIMITS.axes)),
        init: weightInitSchema,
        /** "trainable" when absent. */
        kind: v.exactOptional(v.picklist(["trainable", "statistic", "frozen"])),
        /** "shared" when absent. */
        scope: v.exactOptional(v.picklist(["shared", "private"])),
      }),
    ),
    v.check(
      (params) => Object.keys(params).length <= CUSTOM_LIMITS.params,
      `expected <=${CUSTOM_LIMITS.params} params`,
    ),
  ),
  ...traceEntries,
  /** What is computed while training, where that differs. */
  training: v.exactOptional(v.strictObject(traceEntries)),
});

export type CustomDocument = v.InferOutput<typeof customSchema>;
export type CustomTrace = Pick<CustomDocument, "nodes" | "output" | "updates">;
export type CustomNode = CustomTrace["nodes"][number];
export type CustomBody = v.InferOutput<typeof bodySchema>;
export type Reference = v.InferOutput<typeof referenceSchema>;
export type CustomAttributes = v.InferOutput<typeof attributesSchema>;
