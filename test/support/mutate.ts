import type { Rng } from "../../shared/base/rng.ts";

/** Values that parsers stumble over: wrong types, edges of ranges, poisoned and deep objects. */
const NASTY: readonly ((rng: Rng) => unknown)[] = [
  () => null,
  () => undefined,
  () => true,
  () => Number.NaN,
  () => -0,
  () => -1,
  () => 2 ** 32,
  () => 2 ** 53,
  () => Number.POSITIVE_INFINITY,
  () => 5e-324,
  () => "",
  () => "\ud800",
  () => "\u0000",
  () => "x".repeat(100_000),
  () => "__proto__",
  () => [],
  () => new Array(5_000).fill(0),
  () => ({}),
  () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  () => Object.create(null),
  () => new Map([["ok", true]]),
  () => new Date(Number.NaN),
  () => 10n,
  () => Symbol("x"),
  () => () => 1,
  () => new SharedArrayBuffer(16),
  () => new Float64Array(4),
  () => ({ length: 32, byteLength: 32 }),
  () => ({ _placeholder: true, num: 0 }),
  (rng) => new Uint8Array(rng.nextBelow(600)),
  (rng) => Buffer.alloc(rng.nextBelow(600), 0xff),
  (rng) => nested(rng.nextBelow(3_000)),
];

function nested(levels: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A copy of a message with one to three things wrong somewhere within it. */
export function mutateMessage(message: unknown, rng: Rng): unknown {
  let mutated = message;
  for (let left = 1 + rng.nextBelow(3); left > 0; left--) mutated = mutateOnce(mutated, rng);
  return mutated;
}

function mutateOnce(value: unknown, rng: Rng): unknown {
  if (ArrayBuffer.isView(value) && rng.nextBelow(3) > 0) return mutateBytes(value as Uint8Array, rng);
  if (typeof value === "number" && rng.nextBelow(2) === 0) return value + rng.nextBelow(5) - 2;
  if (typeof value === "string" && rng.nextBelow(2) === 0) return mutateText(value, rng);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || rng.nextBelow(40) === 0) {
    return NASTY[rng.nextBelow(NASTY.length)]?.(rng);
  }
  const keys = Object.keys(value);
  const copy: Record<string, unknown> = { ...value };
  const key = keys[rng.nextBelow(Math.max(1, keys.length))] ?? "extra";
  const choice = rng.nextBelow(10);
  if (choice === 0) delete copy[key];
  else if (choice === 1) copy[mutateText(key, rng)] = copy[key];
  else copy[key] = mutateOnce(copy[key], rng);
  return copy;
}

function mutateText(text: string, rng: Rng): string {
  const at = rng.nextBelow(text.length + 1);
  const units = ["", "\ud800", "\u0000", "é", "0", "__proto__", text];
  return text.slice(0, at) + units[rng.nextBelow(units.length)] + text.slice(at + rng.nextBelow(2));
}

/** A copy with a bit flipped, a byte set, cut short, made longer, or a stretch of it repeated. */
export function mutateBytes(bytes: Uint8Array, rng: Rng): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = rng.nextBelow(Math.max(1, copy.length));
  switch (rng.nextBelow(5)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << rng.nextBelow(8));
      return copy;
    case 1:
      copy[at] = [0, 0x7f, 0x80, 0xff][rng.nextBelow(4)] as number;
      return copy;
    case 2:
      return copy.slice(0, at);
    case 3:
      return Uint8Array.of(...copy, ...new Uint8Array(1 + rng.nextBelow(40)));
    default:
      return Uint8Array.of(...copy.slice(0, at), ...copy.slice(rng.nextBelow(at + 1)));
  }
}
