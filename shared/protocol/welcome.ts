import * as v from "valibot";
import { isBoundedJson } from "./boundedJson.ts";
import { counter, hashText, integer, phase, runIdText } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";
import { runPlanSchema } from "./runPlan.ts";

/** coordinator -> client, after a good `hello`: everything that decides what this client will be asked to do. */
const welcomeSchema = v.strictObject({
  /** The run. */
  runId: runIdText,
  /** The signed rules of the run; `planHash(plan)` must equal the next field. */
  plan: runPlanSchema,
  /** Content hash of the plan's canonical JSON. */
  planHash: hashText,
  /** The model document: JSON of at most 64 KiB and depth 16; its own schema is checked by `parseModelDocument`. */
  model: v.custom<Readonly<Record<string, unknown>>>(
    (value) => isBoundedJson(value, { maxDepth: LIMITS.maxModelDepth, maxBytes: LIMITS.maxModelBytes }),
    "model document",
  ),
  /** Content hash of the document's canonical JSON. */
  modelHash: hashText,
  /** The round in progress, or the next one. */
  round: counter,
  /** Its phase. */
  phase,
  /** Generation of the client's key, from 1: its updates must say it. 0 when absent, as for a key that was never rotated. */
  keyEpoch: v.exactOptional(integer(1, LIMITS.maxCounter)),
});

export type Welcome = v.InferOutput<typeof welcomeSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseWelcome: Parser<Welcome> = parserOf("welcome", welcomeSchema);
