import { ProtocolError } from "../base/errors.ts";
import type { Codec } from "./codec.ts";
import { f32 } from "./f32.ts";

const CODECS: ReadonlyMap<string, Codec> = new Map([[f32.id, f32]]);

/** @throws ProtocolError CODEC_UNSUPPORTED if this build has no codec of that name. */
export function codecById(id: string): Codec {
  const codec = CODECS.get(id);
  if (codec !== undefined) return codec;
  throw new ProtocolError(
    "CODEC_UNSUPPORTED",
    `codec expected one of ${[...CODECS.keys()].join(", ")}, got ${id.slice(0, 40)}`,
  );
}
