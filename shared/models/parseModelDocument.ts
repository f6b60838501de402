import * as v from "valibot";
import { canonicalJson, type JsonValue } from "../base/canonicalJson.ts";
import { explainIssues } from "../base/explainIssues.ts";
import { assertNesting } from "../nn/assertNesting.ts";
import { MODEL_LIMITS, type ModelDocument, modelDocumentSchema } from "./modelDocument.ts";

/**
 * A model document from untrusted JSON, as its canonical text says it: what that text does not tell apart, and so no hash does
 * (-0 and 0, the order of members, which is that of a custom layer's params), is not told apart here either.
 * @throws TypeError that names the field, what was expected, what came and, for a typo, the nearest known name;
 * RangeError if its canonical form is too long.
 */
export function parseModelDocument(json: unknown): ModelDocument {
  assertNesting(json, MODEL_LIMITS);
  const result = v.safeParse(modelDocumentSchema, json, { abortEarly: true });
  if (!result.success) throw new TypeError(`model document: ${explainIssues(modelDocumentSchema, result.issues)}`);
  const text = canonicalJson(result.output);
  // Schemas of records leave out names that objects inherit: a param of such a name would be hashed and not built.
  if (canonicalJson(json as JsonValue) !== text) {
    throw new TypeError('model document: expected names that no object inherits, got one such as "constructor"');
  }
  const { length } = new TextEncoder().encode(text);
  if (length > MODEL_LIMITS.bytes) {
    throw new RangeError(`model document expected <= ${MODEL_LIMITS.bytes} bytes of canonical JSON, got ${length}`);
  }
  return JSON.parse(text) as ModelDocument;
}
