import * as v from "valibot";
import { type Parser, parserOf } from "./parseWith.ts";

/** client -> coordinator: I go, and will not answer what I was assigned. Durable updates stay counted. */
const leaveSchema = v.strictObject({});

export type Leave = v.InferOutput<typeof leaveSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseLeave: Parser<Leave> = parserOf("leave", leaveSchema);
