import * as v from "valibot";
import type { Loss } from "./loss.ts";

/** One kind of loss that a model document may ask for. */
export interface LossKind<S> {
  readonly schema: S;
  /** The loss that a checked document describes. */
  build(document: never): Loss;
}

/** Ties a schema (a strict object with a literal `kind`) to the factory that takes what it accepts. */
export function lossKind<const K extends string, const E extends v.ObjectEntries>(
  kind: K,
  entries: E,
  build: (options: v.InferOutput<v.StrictObjectSchema<E, undefined>>) => Loss,
): LossKind<v.StrictObjectSchema<{ readonly kind: v.LiteralSchema<K, undefined> } & E, undefined>> {
  const schema = v.strictObject({ kind: v.literal(kind), ...entries });
  return { schema, build: ({ kind: _, ...options }: { readonly kind: K }) => build(options as never) };
}
