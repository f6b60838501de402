import * as v from "valibot";
import { integer, ticketBytes, viewBetween } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator: the next bytes of a payload, in order; acknowledged with `UploadAck`. */
const chunkSchema = v.strictObject({
  /** The assignment whose `submit` opened the upload. */
  ticket: ticketBytes,
  /** Where these bytes belong, from the start of the payload; must be the bytes received so far. */
  offset: integer(0, LIMITS.maxUpdateBytes),
  /** 1..131,072 bytes. Parsed without a copy: the payload that they are written to is one. */
  bytes: viewBetween(1, LIMITS.maxChunkBytes),
});

export type Chunk = v.InferOutput<typeof chunkSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseChunk: Parser<Chunk> = parserOf("chunk", chunkSchema);
