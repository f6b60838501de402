import * as v from "valibot";
import { ProtocolError } from "../base/errors.ts";
import type { Signer, Verify } from "../crypto/signer.ts";
import { isStrictPublicKey } from "../crypto/strictEd25519.ts";
import { binaryLayout, type ValuesOf } from "./binaryLayout.ts";
import { bytesOf } from "./fields.ts";
import { SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";
import { PROTOCOL_VERSION } from "./version.ts";

/** What both keys sign when one takes the place of the other. */
const FIELDS = {
  version: "u16",
  /** The place is taken in this run alone. */
  runId: "runId",
  coordinatorKey: "key",
  /** The key that is given up. */
  clientKey: "key",
  /** The key that takes its place. */
  successor: "key",
  /** Generation of the successor: one more than that of the key. */
  keyEpoch: "u32",
} as const;

const layout = binaryLayout("headwater/rotate", FIELDS);

export type Rotation = Omit<ValuesOf<typeof FIELDS>, "version">;

/** The layout as a table, for documents and tests. */
export const ROTATION_TABLE = layout.table;

/** The bytes that both signatures cover. @throws RangeError if a value does not fit its field. */
export function rotationStatement(rotation: Rotation): Uint8Array {
  return layout.encode({ version: PROTOCOL_VERSION, ...rotation });
}

/** client -> coordinator, from a client under its old key; acknowledged with `Ack` once it is durable. */
const rotateSchema = v.strictObject({
  /** Ed25519 public key that takes the place of the connection's. */
  successor: bytesOf(SIZES.key),
  /** Of the connection's key over `rotationStatement`. */
  signature: bytesOf(SIZES.signature),
  /** Of the successor over the same bytes: it is held by whoever names it. */
  proof: bytesOf(SIZES.signature),
});

export type Rotate = v.InferOutput<typeof rotateSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseRotate: Parser<Rotate> = parserOf("rotate", rotateSchema);

/** Client: the message by which `signer` hands its place to `successor`. */
export async function createRotate(
  about: Pick<Rotation, "runId" | "coordinatorKey" | "keyEpoch">,
  signer: Signer,
  successor: Signer,
): Promise<Rotate> {
  const bytes = rotationStatement({ ...about, clientKey: signer.publicKey, successor: successor.publicKey });
  const [signature, proof] = await Promise.all([signer.sign(bytes), successor.sign(bytes)]);
  return { successor: successor.publicKey, signature, proof };
}

/** @throws ProtocolError BAD_KEY, BAD_SIGNATURE. */
export function checkRotation(
  rotation: Rotation,
  { signature, proof }: Pick<Rotate, "signature" | "proof">,
  verify: Verify,
): void {
  const { clientKey, successor } = rotation;
  if (!isStrictPublicKey(successor)) {
    throw new ProtocolError("BAD_KEY", "successor expected a canonical point that is not of small order");
  }
  const bytes = rotationStatement(rotation);
  if (!verify(clientKey, bytes, signature) || !verify(successor, bytes, proof)) {
    throw new ProtocolError("BAD_SIGNATURE", "rotation expected signatures of both keys over its statement");
  }
}
