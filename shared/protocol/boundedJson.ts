/** Bounds of a JSON value that arrived already parsed. */
export interface JsonBounds {
  /** Levels of nesting; a scalar is level 0. */
  readonly maxDepth: number;
  /** Upper bound on the size of its text: 1 per scalar and separator, and the UTF-16 units of texts and keys. */
  readonly maxBytes: number;
}

/**
 * True for an object of JSON values within the bounds. Walks with a stack of its own, since a value 200,000 levels
 * deep passes `JSON.parse` and overflows any recursive function that comes later (hashing, validation).
 */
export function isBoundedJson(value: unknown, bounds: JsonBounds): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const open: { readonly item: unknown; readonly depth: number }[] = [{ item: value, depth: 0 }];
  let size = 0;
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { item, depth } = entry;
    size += typeof item === "string" ? item.length + 2 : 1;
    if (depth > bounds.maxDepth || size > bounds.maxBytes) return false;
    if (typeof item === "object" && item !== null) {
      const keys = Array.isArray(item) ? [] : Object.keys(item);
      if (!Array.isArray(item) && !isPlainObject(item)) return false;
      for (const key of keys) size += key.length + 3;
      for (const member of Array.isArray(item) ? item : Object.values(item))
        open.push({ item: member, depth: depth + 1 });
      if (keys.some((key) => key === "__proto__" || LONE_SURROGATE.test(key))) return false;
    } else if (!isJsonScalar(item)) return false;
  }
  return true;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function isJsonScalar(item: unknown): boolean {
  if (typeof item === "string") return !LONE_SURROGATE.test(item);
  return item === null || typeof item === "boolean" || (typeof item === "number" && Number.isFinite(item));
}

/** False for bytes, dates, maps: things that a socket can carry but JSON cannot. */
function isPlainObject(item: object): boolean {
  return Object.prototype.toString.call(item) === "[object Object]";
}
