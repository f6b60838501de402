import * as v from "valibot";
import type { LayerDocument } from "../layer.ts";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { cellComplex } from "../layers/graph/cellComplex.ts";
import { cellConv } from "../layers/graph/cellConv.ts";
import { CELL_POOL_JOINS, cellPool } from "../layers/graph/cellPool.ts";
import { denseGraph } from "../layers/graph/denseGraph.ts";
import { gat } from "../layers/graph/gat.ts";
import { gcn } from "../layers/graph/gcn.ts";
import { gin } from "../layers/graph/gin.ts";
import { graphPool } from "../layers/graph/graphPool.ts";
import { GRAPH_SAGE_AGGREGATORS, graphSage } from "../layers/graph/graphSage.ts";
import { sparseGraph } from "../layers/graph/sparseGraph.ts";
import { POOLINGS } from "../poolRows.ts";
import { extentSchema, fractionSchema, sizeSchema } from "./bounds.ts";

/** Nodes or cells that have a row in a matrix: a square one then stays within the largest input, 2^24 elements. */
const matrixSizeSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096));

/** Message passing on graphs and complexes. Some hold layers of their own, which `layerSchema` checks. */
export function graphKinds(layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  const layersSchema = v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(64));
  const fromTo = { inFeatures: sizeSchema, outFeatures: sizeSchema };
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("denseGraph"),
        nodes: matrixSizeSchema,
        features: sizeSchema,
        layers: layersSchema,
      }),
      ({ layers, ...options }, buildLayer) => denseGraph({ ...options, layers: layers.map(buildLayer) }),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("sparseGraph"),
        nodes: sizeSchema,
        features: sizeSchema,
        edges: sizeSchema,
        layers: layersSchema,
      }),
      ({ layers, ...options }, buildLayer) => sparseGraph({ ...options, layers: layers.map(buildLayer) }),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("cellComplex"),
        nodes: matrixSizeSchema,
        edges: matrixSizeSchema,
        cells: matrixSizeSchema,
        features: sizeSchema,
        layers: layersSchema,
      }),
      ({ layers, ...options }, buildLayer) => cellComplex({ ...options, layers: layers.map(buildLayer) }),
    ),
    layerKind(v.strictObject({ kind: v.literal("gcn"), ...fromTo }), ({ inFeatures, outFeatures }) =>
      gcn(inFeatures, outFeatures),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("graphSage"), ...fromTo, aggregator: v.picklist(GRAPH_SAGE_AGGREGATORS) }),
      ({ inFeatures, outFeatures, aggregator }) => graphSage(inFeatures, outFeatures, aggregator),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("gat"),
        ...fromTo,
        heads: extentSchema,
        /** Of the leaky ReLU on the scores; 0.2 when absent. */
        negativeSlope: v.exactOptional(fractionSchema),
        /** Whether heads lie side by side or are averaged; true when absent. */
        concat: v.exactOptional(v.boolean()),
      }),
      ({ inFeatures, outFeatures, heads, kind: _, ...options }) => gat(inFeatures, outFeatures, heads, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("gin"),
        layers: layersSchema,
        /** Whether epsilon is trained or 0; true when absent. */
        trainEpsilon: v.exactOptional(v.boolean()),
      }),
      ({ layers, kind: _, ...options }, buildLayer) => gin(layers.map(buildLayer), options),
    ),
    layerKind(v.strictObject({ kind: v.literal("graphPool"), pooling: v.picklist(POOLINGS) }), ({ pooling }) =>
      graphPool(pooling),
    ),
    layerKind(v.strictObject({ kind: v.literal("cellConv"), ...fromTo }), ({ inFeatures, outFeatures }) =>
      cellConv(inFeatures, outFeatures),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("cellPool"),
        pooling: v.picklist(POOLINGS),
        join: v.picklist(CELL_POOL_JOINS),
      }),
      ({ pooling, join }) => cellPool(pooling, join),
    ),
  ];
}
