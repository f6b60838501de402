import type { Rng } from "../../shared/base/rng.ts";

/** What a member becomes: sizes at and beyond bounds, other types, words that mean something elsewhere. */
const NASTY = [
  null,
  true,
  -1,
  -0,
  0,
  1,
  2,
  7,
  0.5,
  1024,
  2 ** 24,
  2 ** 31,
  2 ** 53,
  1e300,
  5e-324,
  "",
  "x",
  "same",
  "w",
  "constructor",
  [],
  [1],
  {},
];

/** A copy of a JSON value with one member somewhere within it changed, dropped or doubled. */
export function mutateJson(value: unknown, rng: Rng): unknown {
  const isObject = typeof value === "object" && value !== null;
  const keys = isObject ? Object.keys(value) : [];
  if (keys.length === 0 || rng.nextBelow(30) === 0) {
    if (typeof value === "number" && rng.nextBelow(2) === 0) return value + rng.nextBelow(5) - 2;
    return NASTY[rng.nextBelow(NASTY.length)];
  }
  const key = keys[rng.nextBelow(keys.length)]!;
  if (Array.isArray(value)) {
    const at = Number(key);
    const action = rng.nextBelow(12);
    if (action === 0) return value.toSpliced(at, 1);
    if (action === 1) return value.toSpliced(at, 0, value[rng.nextBelow(value.length)]);
    return value.with(at, mutateJson(value[at], rng));
  }
  const { [key]: member, ...others } = value as Record<string, unknown>;
  return rng.nextBelow(12) === 0 ? others : { ...others, [key]: mutateJson(member, rng) };
}
