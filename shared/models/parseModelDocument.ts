import * as v from "valibot";
import { explainIssues } from "../base/explainIssues.ts";
import { type ModelDocument, modelDocumentSchema } from "./modelDocument.ts";

/**
 * A model document from untrusted JSON. What passes is a fresh value whose canonical JSON is below 32 KiB: 256 layers of
 * at most 100 bytes and a head. Whether the layers fit together, and how many params they hold, `modelFromDocument` tells.
 * @throws TypeError that names the field, what was expected, what came and, for a typo, the nearest known name.
 */
export function parseModelDocument(json: unknown): ModelDocument {
  const result = v.safeParse(modelDocumentSchema, json, { abortEarly: true });
  if (!result.success) throw new TypeError(`model document: ${explainIssues(modelDocumentSchema, result.issues)}`);
  return result.output;
}
