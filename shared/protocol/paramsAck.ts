import * as v from "valibot";
import { refusalSchema } from "./ack.ts";
import { bytesBetween, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** coordinator -> client, answer to `params`: the next bytes of the file, or why there are none. */
const paramsAckSchema = v.union([
  v.strictObject({
    ok: v.literal(true),
    /** Length of the whole file, bytes. */
    totalBytes: integer(1, LIMITS.maxParamsBytes),
    /** From the offset asked for: maxChunkBytes of them, or what is left. */
    bytes: bytesBetween(1, LIMITS.maxChunkBytes),
  }),
  refusalSchema,
]);

export type ParamsAck = v.InferOutput<typeof paramsAckSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseParamsAck: Parser<ParamsAck> = parserOf("ack", paramsAckSchema);
