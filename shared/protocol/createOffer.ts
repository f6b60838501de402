import { ProtocolError } from "../base/errors.ts";
import type { ContentHash, Sha256 } from "../base/hash.ts";
import { encodeManifest, manifestHash, parseManifest } from "./manifest.ts";
import type { Offer } from "./offer.ts";
import type { RunPlan } from "./runPlan.ts";
import { strategyNeeds } from "./strategyNeeds.ts";

/** A vector that an offer hands out: its name and the hash under which it is fetched. */
export interface Handout {
  readonly name: string;
  readonly hash: ContentHash;
}

export interface OfferOptions extends Omit<Offer, "manifest"> {
  /** Bytes of the params as fetched (safetensors). Handouts have the same form, and so the same length. */
  readonly paramsBytes: number;
  /** What is handed out beside the params, as the strategy needs it; nothing when absent. */
  readonly handouts?: readonly Handout[];
}

type HandedOut = Pick<OfferOptions, "baseParamsHash" | "numParams" | "paramsBytes" | "handouts">;

/** An offer of the params and of what the strategy hands out beside them: fills in the manifest. */
export function createOffer(options: OfferOptions): Offer {
  const { paramsBytes: _, handouts: __, ...offer } = options;
  return { ...offer, manifest: offerManifest(options) };
}

/** What an offer hands out: the same for all who train from the same params. */
export function offerManifest(options: HandedOut): Uint8Array {
  const { baseParamsHash, numParams, paramsBytes, handouts = [] } = options;
  const parts = [{ name: "params", hash: baseParamsHash }, ...handouts];
  const form = { dtype: "f32", codec: "safetensors", numElements: numParams, numBytes: paramsBytes } as const;
  return encodeManifest(parts.map(({ name, hash }) => ({ name, ...form, hash })));
}

/** What a client learns from an offer that it may accept. */
export interface CheckedOffer {
  /** What the update's header must hold. */
  readonly manifestHash: ContentHash;
  /** In the order of the strategy's needs. */
  readonly handouts: readonly Handout[];
}

/**
 * What a client asks before it accepts: does the manifest hand out the params that the offer names and what the strategy
 * needs, and nothing that this version would ignore?
 * @throws ProtocolError BASE_MISMATCH, SHAPE_MISMATCH, MALFORMED.
 */
export function checkOffer(offer: Offer, plan: RunPlan, numParams: number, sha256: Sha256): CheckedOffer {
  const { parts } = parseManifest(offer.manifest);
  const names = ["params", ...strategyNeeds(plan.strategy, numParams).handouts];
  const wanted = names.map((name) => `"${name}"`).join(", ");
  if (
    parts.length !== names.length ||
    parts.some(({ name, codec }, i) => name !== names[i] || codec !== "safetensors")
  ) {
    throw new ProtocolError("MALFORMED", `offer expected the parts ${wanted} as safetensors`);
  }
  if (parts[0]?.hash !== offer.baseParamsHash) {
    throw new ProtocolError(
      "BASE_MISMATCH",
      `offer expected params ${offer.baseParamsHash}, its manifest says ${parts[0]?.hash}`,
    );
  }
  if (offer.numParams !== numParams || parts.some(({ numElements }) => numElements !== numParams)) {
    throw new ProtocolError(
      "SHAPE_MISMATCH",
      `offer expected ${numParams} params as the model has, got ${offer.numParams}`,
    );
  }
  const handouts = parts.slice(1).map(({ name, hash }) => {
    if (hash === undefined) throw new ProtocolError("MALFORMED", `offer expected a hash of its part "${name}"`);
    return { name, hash };
  });
  return { manifestHash: manifestHash(offer.manifest, sha256), handouts };
}
