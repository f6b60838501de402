import { assertNumParams } from "./assertNumParams.ts";
import type { FlatArray } from "./encodeSafetensors.ts";
import type { ParamsSpec } from "./paramsSpec.ts";

/** Where a model's personal params lie, and how they get in and out of its params. */
export interface PersonalLayout {
  /** The personal arrays over a vector of their own, without gaps from 0: what `encodeSafetensors` takes. */
  readonly arrays: readonly FlatArray[];
  /** Elements of that vector; 0 where the model has none. */
  readonly length: number;
  /** The personal params among the private ones: [spec.length - spec.sharedLength] -> [length], a copy. */
  take(privateParams: Float32Array): Float32Array;
  /** Writes personal params [length] to their places in the params [spec.length]. */
  place(params: Float32Array, personal: Float32Array): void;
}

/**
 * The personal params of a model: those that stay with a client and change as it trains, so that it must keep them from
 * round to round. They are its private entries but for the frozen ones, which are the same for everybody.
 * Source of the term: Pillutla et al. 2022, "Federated Learning with Partial Model Personalization", arXiv:2204.03809.
 */
export function personalLayout({ entries, length: numParams, sharedLength }: ParamsSpec): PersonalLayout {
  const personal = entries.filter(({ scope, kind }) => scope === "private" && kind !== "frozen");
  const arrays: FlatArray[] = [];
  let length = 0;
  for (const entry of personal) {
    arrays.push({ name: entry.name, shape: entry.shape, offset: length, length: entry.length });
    length += entry.length;
  }
  return {
    arrays,
    length,
    take(privateParams) {
      assertNumParams("privateParams", privateParams, numParams - sharedLength);
      const taken = new Float32Array(length);
      for (const [i, { offset, length: size }] of personal.entries()) {
        const from = offset - sharedLength;
        taken.set(privateParams.subarray(from, from + size), arrays[i]!.offset);
      }
      return taken;
    },
    place(params, values) {
      assertNumParams("params", params, numParams);
      assertNumParams("personal", values, length);
      for (const [i, { offset }] of personal.entries()) {
        const own = arrays[i]!;
        params.set(values.subarray(own.offset, own.offset + own.length), offset);
      }
    },
  };
}
