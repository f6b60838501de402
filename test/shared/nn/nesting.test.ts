import { describe, expect, it } from "vitest";
import { OPSET_VERSION } from "../../../shared/graph/opset.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import type { LayerDocument } from "../../../shared/nn/layer.ts";

function documentOf(layers: readonly LayerDocument[]): unknown {
  return {
    format: "headwater-model/1",
    opset: OPSET_VERSION,
    name: "nested",
    input: { shape: [4], scale: 1, offset: 0 },
    layers,
    loss: "meanSquaredError",
  };
}

function nested(levels: number): LayerDocument {
  let layer: LayerDocument = { kind: "tanh" };
  for (let level = 1; level < levels; level++) layer = { kind: "residual", layers: [layer] };
  return layer;
}

describe("nesting of layers", () => {
  it("goes up to 16 levels", () => {
    expect(() => parseModelDocument(documentOf([nested(16)]))).not.toThrow();
    expect(() => parseModelDocument(documentOf([nested(17)]))).toThrow('"levels" expected <=16');
  });

  it("is refused before a schema follows it down the stack", () => {
    expect(() => parseModelDocument(documentOf([nested(100_000)]))).toThrow('"levels" expected <=16');
  });

  it("counts every layer of the document", () => {
    const branch = Array.from({ length: 84 }, () => nested(1));
    const parallel = (branches: readonly LayerDocument[][]): LayerDocument => ({ kind: "parallel", branches });
    expect(() => parseModelDocument(documentOf([parallel([branch, branch, branch]), nested(3)]))).not.toThrow();
    expect(() => parseModelDocument(documentOf([parallel([branch, branch, branch]), nested(4)]))).toThrow(
      '"layers" expected <=256',
    );
  });
});
