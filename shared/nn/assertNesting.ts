import { layerKindNamed } from "./layerDocument.ts";

export interface NestingLimits {
  /** Layers in all, those within layers included. */
  readonly layers: number;
  /** Layers around a layer, itself included. */
  readonly levels: number;
}

/**
 * Bounds untrusted JSON that should hold layers before a schema walks into it: counts the objects of a known kind, at any
 * depth. What is none of them goes no deeper, because the schemas refuse it.
 * @throws TypeError beyond a limit.
 */
export function assertNesting(json: unknown, limits: NestingLimits): void {
  // A list of its own instead of the stack: the depth is what is being bounded.
  const pending: { readonly value: unknown; readonly level: number }[] = [{ value: json, level: 0 }];
  let layers = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, level } = next;
    if (typeof value !== "object" || value === null) continue;
    const isLayer = "kind" in value && layerKindNamed(value.kind) !== undefined;
    if (isLayer && ++layers > limits.layers) throw tooMany("layers", limits.layers, "those within layers counted");
    const within = isLayer ? level + 1 : level;
    if (within > limits.levels) throw tooMany("levels", limits.levels, "layers within layers");
    for (const member of Object.values(value)) pending.push({ value: member, level: within });
  }
}

function tooMany(what: string, limit: number, meaning: string): TypeError {
  return new TypeError(`model document: "${what}" expected <=${limit}, ${meaning}, got more`);
}
