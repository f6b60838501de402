/**
 * Raw inputs [rows, ...input.shape] that a model can read: the rows or the token ids 0 .. ids - 1 that are given, ids where it
 * begins with an embedding, zeros and ones for small graphs, random edges for a sparse one, else values that the model's scale
 * brings to -1 .. 1.
 */
export function rawInputs(model, numRows, { ids, rows }, rng) {
  const { input, layers } = model.document;
  if (rows) return Float32Array.from(rows.flat());
  const length = input.shape.reduce((product, size) => product * size, 1);
  const known = ids ?? idsOf(layers[0]);
  const valueAt = (i) => {
    if (layers[0].kind === "sparseGraph") return sparseValue(layers[0], i % length, rng);
    return known === undefined ? (2 * rng.nextFloat() - 1) / input.scale : rng.nextBelow(known);
  };
  return Float32Array.from({ length: numRows * length }, (_, i) => valueAt(i));
}

/** Of the embedding that a model begins with, or 2 for the bits of a graph. */
function idsOf(layer) {
  if (layer.kind === "denseGraph" || layer.kind === "cellComplex") return 2;
  if (layer.kind === "embedding") return layer.vocabulary;
  return Array.isArray(layer.layers) ? idsOf(layer.layers[0]) : undefined;
}

/** Of one example: features of the nodes, random sources, then targets in ascending order. */
function sparseValue({ nodes, features, edges }, i, rng) {
  if (i < nodes * features) return rng.nextBelow(2);
  const edge = i - nodes * features;
  return edge < edges ? rng.nextBelow(nodes) : Math.floor(((edge - edges) * nodes) / edges);
}
