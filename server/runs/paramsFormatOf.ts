import type { Model } from "../../shared/models/model.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import type { ParamsFormat } from "../rounds/run.ts";

/** A model's shared params as safetensors. */
export function paramsFormatOf({ spec }: Pick<Model, "spec">): ParamsFormat {
  return { encode: (values) => encodeParams(spec, values), decode: (bytes) => decodeParams(spec, bytes) };
}
