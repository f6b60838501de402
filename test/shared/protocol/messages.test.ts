import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../shared/base/errors.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { errorCodeOf } from "../../support/errorCodeOf.ts";
import { SAMPLES, type SampleName } from "./samples.ts";

const NAMES = Object.keys(SAMPLES) as SampleName[];
type Path = readonly string[];

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);

/** Every field of a message, nested ones too; the members of a model document are free, so it counts as one field. */
function fieldsOf(value: unknown, path: Path = []): Path[] {
  if (!isTree(value) || path.at(-1) === "model") return [path];
  const below = Object.keys(value).flatMap((key) => fieldsOf(value[key], [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

/** A copy of the message with one field replaced, or removed if `put` is undefined. */
function changed(value: unknown, path: Path, put: unknown): unknown {
  const [key, ...rest] = path as [string, ...string[]];
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  if (rest.length > 0) copy[key] = changed(copy[key], rest, put);
  else if (put === undefined) delete copy[key];
  else copy[key] = put;
  return copy;
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce((held, key) => (held as Record<string, unknown>)[key], value);

/** Values of every wrong type for a field that now holds `good`. */
function wrongTypes(good: unknown): unknown[] {
  const all = [null, true, 1.5, -1, "", "x\u0000", [], {}, new Date(0), Symbol("x"), 10n, () => 1, new Map()];
  if (typeof good === "number") return all.filter((bad) => typeof bad !== "number").concat(Number.NaN, 1e300, "1");
  if (ArrayBuffer.isView(good)) return [...all, "abc", [1, 2, 3], { length: 32 }, new SharedArrayBuffer(32)];
  return all.filter((bad) => typeof bad !== typeof good || bad === "" || bad === "x\u0000" || bad === null);
}

/** Fields that may be absent, free text that may be empty, figures that may be any number, null where it is a value. */
const MAY_BE_ABSENT =
  /^(plan\.cohort\.(sampler(\.(?!kind)\w+)?|eligibility(\.\w+)?|pacing)|plan\.local\.(optimizer\.(momentum|weightDecay)|schedule|clip|perExampleClipNorm|penalties(\.\w+)?)|re(ject|fusal)\.retryAfterMs|reject\.ticket|commit\.metrics\.\w+|hello\.(device(\.\w+)?|invitation)|welcome\.keyEpoch|device\.\w+)$/;
const FREE_TEXT = /^(reject|refusal|pace)\.message$/;
const MAY_BE_NULL = /^((plan|welcome\.plan)\.rounds|round\.remainingMs)$/;
const ANY_NUMBER = /^commit\.metrics\.\w+$/;

const FIELDS = NAMES.flatMap((name) =>
  fieldsOf(SAMPLES[name].message).map((path) => ({ name, path, label: [name, ...path].join(".") })),
);

describe("every message", () => {
  it.each(NAMES)("%s is taken as it is, and parsing what was parsed changes nothing", (name) => {
    const { parse, message } = SAMPLES[name];
    const parsed = parse(message);
    expect(parsed).toEqual(message);
    expect(parse(parsed)).toEqual(message);
  });

  it.each(FIELDS)("$label: missing is malformed", ({ name, path, label }) => {
    const { parse, message } = SAMPLES[name];
    const expected = MAY_BE_ABSENT.test(label) ? "accepted" : "MALFORMED";
    expect(errorCodeOf(() => parse(changed(message, path, undefined)))).toBe(expected);
  });

  it.each(FIELDS)("$label: every wrong type is malformed", ({ name, path, label }) => {
    const { parse, message } = SAMPLES[name];
    for (const bad of wrongTypes(at(message, path))) {
      if (bad === null && MAY_BE_NULL.test(label)) continue;
      if (typeof bad === "number" && Number.isFinite(bad) && ANY_NUMBER.test(label)) continue;
      if (typeof bad === "string" && FREE_TEXT.test(label)) continue;
      const isEmptyTree =
        isTree(bad) && Object.keys(bad).length === 0 && Object.getPrototypeOf(bad) === Object.prototype;
      if (isEmptyTree && /\.(metrics|model)$/.test(label)) continue;
      expect([String(typeof bad), errorCodeOf(() => parse(changed(message, path, bad)))]).toEqual([
        typeof bad,
        "MALFORMED",
      ]);
    }
  });

  it.each(
    FIELDS.filter(({ name, path }) => typeof at(SAMPLES[name].message, path) === "number"),
  )("$label: out of range is malformed", ({ name, path, label }) => {
    if (ANY_NUMBER.test(label)) return;
    const { parse, message } = SAMPLES[name];
    for (const bad of [-1, 2 ** 53, 1e308]) {
      expect(errorCodeOf(() => parse(changed(message, path, bad)))).toBe("MALFORMED");
    }
  });

  it.each(
    FIELDS.filter(({ name, path }) => ArrayBuffer.isView(at(SAMPLES[name].message, path))),
  )("$label: bytes of no length, and of more than a frame, are refused", ({ name, path }) => {
    const { parse, message } = SAMPLES[name];
    expect(errorCodeOf(() => parse(changed(message, path, new Uint8Array(0))))).toBe("MALFORMED");
    const code = errorCodeOf(() => parse(changed(message, path, new Uint8Array(LIMITS.maxFrameBytes + 1))));
    expect(["MALFORMED", "TOO_LARGE"]).toContain(code);
  });

  it.each(NAMES)("%s with one member more is malformed, whatever the member is called", (name) => {
    const { parse, message } = SAMPLES[name];
    for (const key of ["extra", "constructor", "toString", "hasOwnProperty"]) {
      expect(errorCodeOf(() => parse({ ...message, [key]: 1 }))).toBe("MALFORMED");
    }
    const poisoned = Object.defineProperty({ ...message }, "__proto__", { value: { a: 1 }, enumerable: true });
    expect(errorCodeOf(() => parse(poisoned))).toBe("MALFORMED");
    expect("a" in {}).toBe(false);
  });

  it.each(NAMES)("%s is not taken from anything but an object", (name) => {
    for (const bad of [
      undefined,
      null,
      0,
      "",
      true,
      [],
      [SAMPLES[name].message],
      Symbol("x"),
      () => 1,
      new Uint8Array(3),
    ]) {
      expect(errorCodeOf(() => SAMPLES[name].parse(bad))).toBe("MALFORMED");
    }
  });
});

describe("binary fields", () => {
  const ticket = Uint8Array.from({ length: 16 }, (_, i) => i);

  it("take a Buffer, an ArrayBuffer, a DataView and a view at an odd offset, and give an aligned copy", () => {
    const pool = new Uint8Array(40);
    pool.set(ticket, 3);
    const shapes = [Buffer.from(ticket), ticket.slice().buffer, new DataView(pool.buffer, 3, 16), pool.subarray(3, 19)];
    for (const shape of shapes) {
      const parsed = SAMPLES.accept.parse({ ticket: shape });
      expect(parsed.ticket).toEqual(ticket);
      expect(parsed.ticket.constructor).toBe(Uint8Array);
      expect(parsed.ticket.byteOffset).toBe(0);
    }
  });

  it("do not change when the transport uses its buffer again", () => {
    const pool = ticket.slice();
    const parsed = SAMPLES.accept.parse({ ticket: pool });
    pool.fill(0);
    expect(parsed.ticket).toEqual(ticket);
  });
});

describe("bounds", () => {
  it.each([
    ["chunk", { bytes: new Uint8Array(LIMITS.maxChunkBytes) }, "accepted"],
    ["chunk", { bytes: new Uint8Array(LIMITS.maxChunkBytes + 1) }, "TOO_LARGE"],
    ["submit", { manifest: new Uint8Array(LIMITS.maxManifestBytes + 1) }, "TOO_LARGE"],
    ["offer", { manifest: new Uint8Array(LIMITS.maxManifestBytes + 1) }, "TOO_LARGE"],
    ["hello", { software: "x".repeat(LIMITS.maxSoftwareChars) }, "accepted"],
    ["hello", { software: "x".repeat(LIMITS.maxSoftwareChars + 1) }, "TOO_LARGE"],
    ["reject", { message: "x".repeat(LIMITS.maxMessageChars + 1) }, "TOO_LARGE"],
    ["challenge", { protocolVersions: new Array(LIMITS.maxVersions + 1).fill(1) }, "TOO_LARGE"],
    ["challenge", { protocolVersions: [] }, "MALFORMED"],
    ["plan", { name: "x".repeat(LIMITS.maxNameChars + 1) }, "TOO_LARGE"],
    ["plan", { name: "a\ud800" }, "MALFORMED"],
    ["plan", { maxAbsDelta: 0 }, "MALFORMED"],
    ["plan", { maxStaleness: 1 }, "MALFORMED"],
    ["plan", { cohort: { size: 3, overSelection: 1, quorum: 4 } }, "MALFORMED"],
    ["commit", { metrics: { ["a".repeat(41)]: 1 } }, "MALFORMED"],
    ["commit", { metrics: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`m${i}`, i])) }, "MALFORMED"],
  ] as const)("%s with %o is %s", (name, change, code) => {
    const { parse, message } = SAMPLES[name];
    expect(errorCodeOf(() => parse({ ...message, ...change }))).toBe(code);
  });

  it("a model document 200,000 levels deep, or wider than a frame, is malformed and overflows nothing", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    const { parse, message } = SAMPLES.welcome;
    expect(errorCodeOf(() => parse({ ...message, model: { deep } }))).toBe("MALFORMED");
    expect(errorCodeOf(() => parse({ ...message, model: { wide: new Array(70_000).fill(0) } }))).toBe("MALFORMED");
    expect(errorCodeOf(() => parse({ ...message, model: { text: "x".repeat(70_000) } }))).toBe("MALFORMED");
    expect(errorCodeOf(() => parse({ ...message, model: { bytes: new Uint8Array(3) } }))).toBe("MALFORMED");
  });

  it("an error repeats at most 40 characters of what the peer sent", () => {
    const hostile = "A".repeat(100_000);
    expect(() => SAMPLES.welcome.parse({ ...SAMPLES.welcome.message, phase: hostile })).toThrow(/^.{0,250}$/s);
    expect(() => SAMPLES.accept.parse({ ...SAMPLES.accept.message, [hostile]: 1 })).toThrow(/^.{0,250}$/s);
  });
});

describe("error codes", () => {
  it("are all taken, and one that is not known yet reads as INTERNAL", () => {
    for (const code of ERROR_CODES) expect(SAMPLES.reject.parse({ code, message: "" }).code).toBe(code);
    expect(SAMPLES.reject.parse({ code: "FROM_THE_FUTURE", message: "" }).code).toBe("INTERNAL");
    expect(errorCodeOf(() => SAMPLES.reject.parse({ code: "not a code", message: "" }))).toBe("MALFORMED");
  });
});
