import * as v from "valibot";
import { ProtocolError } from "../base/errors.ts";
import { liveStatusSchema, runFactsSchema } from "./runStatus.ts";

const { runId, name, model, numRounds, identity } = runFactsSchema.entries;
const { phase, isPaused, version, numConnected } = liveStatusSchema.entries;

/** One run of a coordinator, as lists show it. */
export const runSummarySchema = v.object({
  runId,
  name,
  model,
  /** Rounds planned; null goes on until it is stopped. */
  numRounds,
  identity,
  phase,
  isPaused,
  /** Rounds committed. */
  version,
  numConnected,
  /** Whoever names no run gets this one. */
  isDefault: v.boolean(),
  /** Of the last round that was judged, 0..1. */
  testAccuracy: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});

/** GET /api/runs: the default run first, then in the order in which they were made. */
export const runListSchema = v.object({ runs: v.array(runSummarySchema) });

export type RunSummary = v.InferOutput<typeof runSummarySchema>;

/** @throws ProtocolError MALFORMED with the path of the first wrong field. */
export function parseRunList(value: unknown): readonly RunSummary[] {
  const result = v.safeParse(runListSchema, value);
  if (result.success) return result.output.runs;
  const [issue] = result.issues;
  throw new ProtocolError("MALFORMED", `list of runs ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}
