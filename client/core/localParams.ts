import { clientStart } from "../../shared/models/clientStart.ts";
import type { Model } from "../../shared/models/model.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { encodeSafetensors } from "../../shared/params/encodeSafetensors.ts";
import { frozenLength, withFrozen } from "../../shared/params/frozenParams.ts";
import { paramsFromArrays } from "../../shared/params/paramsFromArrays.ts";
import { parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import { personalLayout } from "../../shared/params/personalLayout.ts";
import { messageOf } from "./messageOf.ts";

/** A client's own copy of a model's params: what came from the coordinator, what the client kept, what it was given. */
export interface LocalParams {
  /**
   * All params to train from, [spec.length].
   * @param shared what `encodeParams` gave.
   * @param personal what `encodePersonal` gave after an earlier round; as the model begins when absent.
   * @throws ProtocolError or RangeError for bytes of another model.
   */
  assemble(shared: Uint8Array, personal: Uint8Array | undefined): Float32Array;
  /** What of the private params [spec.length - spec.sharedLength] must be kept; nothing where none changes. */
  encodePersonal(privateParams: Float32Array | undefined): Uint8Array | undefined;
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
  const layout = personalLayout(spec);
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
  const personalSpec = {
    entries: layout.arrays.map((array) => ({ ...array, scope: "shared", kind: "trainable" }) as const),
    length: layout.length,
    sharedLength: layout.length,
  };

  return {
    assemble(shared, personal) {
      const received = decodeParams(spec, shared);
      if (initial === undefined) return received;
      const params = initial.slice();
      params.set(received);
      if (personal === undefined) return params;
      try {
        layout.place(params, paramsFromArrays(personalSpec, read(personal, layout.length)));
      } catch (error) {
        const message = `the private params that this client kept do not fit the model: ${messageOf(error)}`;
        throw new RangeError(message, { cause: error });
      }
      return params;
    },
    encodePersonal(privateParams) {
      if (layout.length === 0 || privateParams === undefined) return undefined;
      return encodeSafetensors(layout.arrays, layout.take(privateParams));
    },
  };
}
