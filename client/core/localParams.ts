import { clientStart } from "../../shared/models/clientStart.ts";
import type { Model } from "../../shared/models/model.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { frozenLength, withFrozen } from "../../shared/params/frozenParams.ts";
import { parseSafetensors } from "../../shared/params/parseSafetensors.ts";

/** A client's own copy of a model's params: what came from the coordinator, and what the client was given. */
export interface LocalParams {
  /**
   * All params to train from, [spec.length]: the received ones, and the private ones as the model begins.
   * @param shared what `encodeParams` gave.
   * @throws ProtocolError for bytes of another model.
   */
  assemble(shared: Uint8Array): Float32Array;
}

/** What the header of a safetensors file may take beside its values. */
const MAX_HEADER_BYTES = 2 ** 20;

/**
 * Private params begin the same for all clients of a model, whichever coordinator it comes from.
 * @param base safetensors bytes of the frozen params, which never travel.
 * @throws RangeError or ProtocolError, in words for a person, if the model has frozen params and `base` does not hold them.
 */
export function createLocalParams(model: Model, base: Uint8Array | undefined): LocalParams {
  const { spec, document } = model;
  const numFrozen = frozenLength(spec);
  const read = (bytes: Uint8Array, length: number) =>
    parseSafetensors(bytes, { maxBytes: 4 * length + MAX_HEADER_BYTES, maxHeaderBytes: MAX_HEADER_BYTES });
  if (numFrozen > 0 && base === undefined) {
    throw new RangeError(
      `the model "${document.name}" has a frozen base of ${numFrozen} params, which never travels; ` +
        "give this client the base's checkpoint (join: --base FILE, SDK: the option base)",
    );
  }
  const fresh = spec.length > spec.sharedLength ? clientStart(model) : undefined;
  const initial = fresh && numFrozen > 0 ? withFrozen(spec, fresh, read(base as Uint8Array, numFrozen)) : fresh;

  return {
    assemble(shared) {
      const received = decodeParams(spec, shared);
      if (initial === undefined) return received;
      const params = initial.slice();
      params.set(received);
      return params;
    },
  };
}
