import * as v from "valibot";
import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { explainIssues } from "../base/explainIssues.ts";
import { assertNesting } from "../nn/assertNesting.ts";
import { MODEL_LIMITS, type ModelDocument, modelDocumentSchema } from "./modelDocument.ts";

/**
 * A model document from untrusted JSON.
 * @throws TypeError that names the field, what was expected, what came and, for a typo, the nearest known name;
 * RangeError if its canonical form is too long.
 */
export function parseModelDocument(json: unknown): ModelDocument {
  assertNesting(json, MODEL_LIMITS);
  const result = v.safeParse(modelDocumentSchema, json, { abortEarly: true });
  if (!result.success) throw new TypeError(`model document: ${explainIssues(modelDocumentSchema, result.issues)}`);
  const { length } = canonicalJsonBytes(result.output);
  if (length > MODEL_LIMITS.bytes) {
    throw new RangeError(`model document expected <= ${MODEL_LIMITS.bytes} bytes of canonical JSON, got ${length}`);
  }
  return result.output;
}
