import * as v from "valibot";
import { parserOf } from "./parseWith.ts";

/** A run by name or id. */
const runName = v.pipe(v.string(), v.minLength(1), v.maxLength(80));
const round = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const document = v.record(v.string(), v.unknown());

/** POST /api/runs, beside the members of a run file. */
export const createRunSchema = v.looseObject({
  name: runName,
  /** Rounds begin at once; otherwise the run waits for its start. */
  start: v.exactOptional(v.boolean()),
  /** The checkpoint to start from: params of a round (from 0) of another run, or its latest. */
  from: v.exactOptional(v.strictObject({ run: runName, round: v.exactOptional(round) })),
});

/** POST /api/runs/:run/fork */
export const forkRunSchema = v.strictObject({
  name: runName,
  round: v.exactOptional(round),
  /** Members of a run file that are to differ: objects member by member unless `kind` differs; null takes the default. */
  changes: v.exactOptional(document),
  start: v.exactOptional(v.boolean()),
});

/** POST /api/runs/:run/pause and /stop; may be left out. */
export const actionSchema = v.strictObject({
  /** Why, for people: it is in the journal. */
  reason: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))),
});

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseCreateRun = parserOf("body", createRunSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseForkRun = parserOf("body", forkRunSchema);
/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseAction = parserOf("body", actionSchema);
