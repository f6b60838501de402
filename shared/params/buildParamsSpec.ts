import { numElements } from "../graph/shape.ts";
import type { ParamsEntry, ParamsSpec } from "./paramsSpec.ts";

export type ParamsDeclaration = Pick<ParamsEntry, "name" | "shape" | "scope" | "kind">;

/**
 * Lays the named arrays out one after the other, the shared ones first, each group in the order given.
 * @throws RangeError if a name is used twice.
 */
export function buildParamsSpec(declarations: readonly ParamsDeclaration[]): ParamsSpec {
  const names = new Set<string>();
  const entries: ParamsEntry[] = [];
  let offset = 0;
  const lay = (scope: ParamsEntry["scope"]): number => {
    for (const { name, shape, kind } of declarations.filter((declaration) => declaration.scope === scope)) {
      if (names.has(name)) throw new RangeError(`params expected unique names, got "${name}" twice`);
      names.add(name);
      const length = numElements(shape);
      entries.push({ name, shape, offset, length, scope, kind });
      offset += length;
    }
    return offset;
  };
  const sharedLength = lay("shared");
  return { entries, length: lay("private"), sharedLength };
}
