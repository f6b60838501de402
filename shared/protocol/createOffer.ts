import { ProtocolError } from "../base/errors.ts";
import type { ContentHash, Sha256 } from "../base/hash.ts";
import { encodeManifest, manifestHash, parseManifest } from "./manifest.ts";
import type { Offer } from "./offer.ts";

export interface OfferOptions extends Omit<Offer, "manifest"> {
  /** Bytes of the params as fetched (safetensors). */
  readonly paramsBytes: number;
}

/** An offer of the params alone: fills in the manifest. */
export function createOffer(options: OfferOptions): Offer {
  const { paramsBytes, ...offer } = options;
  return {
    ...offer,
    manifest: encodeManifest([
      {
        name: "params",
        dtype: "f32",
        codec: "safetensors",
        numElements: offer.numParams,
        numBytes: paramsBytes,
        hash: offer.baseParamsHash,
      },
    ]),
  };
}

/**
 * What a client asks before it accepts: does the manifest hand out the params that the offer names, and nothing that
 * this version would ignore? Returns the manifest's hash, which the update's header must hold.
 * @throws ProtocolError BASE_MISMATCH, SHAPE_MISMATCH, MALFORMED.
 */
export function checkOffer(offer: Offer, numParams: number, sha256: Sha256): ContentHash {
  const { parts } = parseManifest(offer.manifest);
  const params = parts[0];
  if (parts.length !== 1 || params?.name !== "params" || params.codec !== "safetensors") {
    throw new ProtocolError("MALFORMED", 'offer expected one part "params" as safetensors');
  }
  if (params.hash !== offer.baseParamsHash) {
    throw new ProtocolError(
      "BASE_MISMATCH",
      `offer expected params ${offer.baseParamsHash}, its manifest says ${params.hash}`,
    );
  }
  if (offer.numParams !== numParams || params.numElements !== numParams) {
    throw new ProtocolError(
      "SHAPE_MISMATCH",
      `offer expected ${numParams} params as the model has, got ${offer.numParams}`,
    );
  }
  return manifestHash(offer.manifest, sha256);
}
