import type { JsonValue } from "../../base/canonicalJson.ts";
import type { LayerDocument } from "../../nn/layer.ts";
import { layerKindNamed } from "../../nn/layerDocument.ts";

type JsonObject = { readonly [key: string]: JsonValue | undefined };

/** The layers directly within a checked layer document, in document order. */
export function nestedLayers(document: LayerDocument): LayerDocument[] {
  const found: LayerDocument[] = [];
  mapNestedLayers(document, (inner) => {
    found.push(inner);
    return inner;
  });
  return found;
}

/** The document with each layer directly within it replaced. */
export function mapNestedLayers(
  document: LayerDocument,
  replace: (inner: LayerDocument) => LayerDocument,
): LayerDocument {
  const visit = (value: JsonValue | undefined): JsonValue | undefined => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item: JsonValue) => visit(item)!);
    return isLayerDocument(value as JsonObject) ? replace(value as LayerDocument) : visitMembers(value as JsonObject);
  };
  const visitMembers = (value: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member)]));
  return visitMembers(document) as LayerDocument;
}

function isLayerDocument({ kind }: JsonObject): boolean {
  return layerKindNamed(kind) !== undefined;
}
