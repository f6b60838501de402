/**
 * Raw inputs [rows, ...input.shape] that a model can read: token ids where it begins with an embedding, the rows that are
 * given, 0 .. ids - 1 where that is given, else values that its scale brings to about -1 .. 1.
 */
export function rawInputs(model, numRows, { ids, rows }, rng) {
  const { shape, scale } = model.document.input;
  if (rows) return Float32Array.from(rows.flat());
  const length = numRows * shape.reduce((product, size) => product * size, 1);
  const vocabulary = ids ?? vocabularyOf(model.document.layers[0]);
  if (vocabulary !== undefined) return Float32Array.from({ length }, () => rng.nextBelow(vocabulary));
  return Float32Array.from({ length }, () => (2 * rng.nextFloat() - 1) / scale);
}

/** Of the embedding that a model begins with. */
function vocabularyOf(layer) {
  if (layer.kind === "embedding") return layer.vocabulary;
  return Array.isArray(layer.layers) ? vocabularyOf(layer.layers[0]) : undefined;
}
