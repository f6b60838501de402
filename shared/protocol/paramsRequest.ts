import * as v from "valibot";
import { hashText, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator: bytes of published params, where HTTP does not get through; acknowledged with `ParamsAck`. */
const paramsRequestSchema = v.strictObject({
  /** Content hash of the params file, as an offer names it. */
  hash: hashText,
  /** Where to go on, from the start of the file; below its length. */
  offset: integer(0, LIMITS.maxParamsBytes - 1),
});

export type ParamsRequest = v.InferOutput<typeof paramsRequestSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseParamsRequest: Parser<ParamsRequest> = parserOf("params", paramsRequestSchema);
