import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { buildParamsSpec } from "../../../shared/params/buildParamsSpec.ts";
import { decodeParams } from "../../../shared/params/decodeParams.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { paramsFromArrays } from "../../../shared/params/paramsFromArrays.ts";
import { paramsHash } from "../../../shared/params/paramsHash.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";

const shared = { scope: "shared", kind: "trainable" } as const;
const spec = buildParamsSpec([
  { name: "head", shape: [2], scope: "private", kind: "trainable" },
  { name: "layers.0.w", shape: [2, 1], ...shared },
  { name: "layers.0.b", shape: [1], ...shared },
]);
const values = Float32Array.of(1, -2, 0.5, 7, 8);
const limits = { maxBytes: 4096 };

function file(header: string, data = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return "accepted";
}

/** The bytes at an odd offset of a larger buffer, as they come from a socket. */
function misaligned(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  return larger.subarray(3);
}

describe("params", () => {
  it("put the shared arrays first, so that what travels is a prefix", () => {
    expect(spec.entries.map(({ name, offset }) => [name, offset])).toEqual([
      ["layers.0.w", 0],
      ["layers.0.b", 2],
      ["head", 3],
    ]);
    expect([spec.sharedLength, spec.length]).toEqual([3, 5]);
    expect(() => buildParamsSpec([...spec.entries, ...spec.entries])).toThrow("unique names");
  });

  it("encode to exactly the bytes that the format prescribes, without the private ones", () => {
    const header =
      '{"layers.0.w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"layers.0.b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
    const data = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f); // 1, -2, 0.5 as f32le
    expect(encodeParams(spec, values)).toEqual(file(padded, data));
  });

  it("come back from their bytes at any alignment, and from other tools' files", () => {
    const bytes = misaligned(encodeParams(spec, values));
    expect(decodeParams(spec, bytes)).toEqual(Float32Array.of(1, -2, 0.5));
    const arrays = parseSafetensors(bytes, limits);
    expect(paramsFromArrays(spec, arrays)).toEqual(Float32Array.of(1, -2, 0.5, 0, 0));
    const reordered = file(
      '{"__metadata__":{"by":"a stranger"},"b":{"shape":[1],"dtype":"F32","data_offsets":[4,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
      Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0),
    );
    const parsed = parseSafetensors(reordered, limits);
    expect(parsed.get("a")).toEqual({ shape: [], values: Float32Array.of(1) });
    expect(parsed.get("b")).toEqual({ shape: [1], values: Float32Array.of(-2) });
  });

  it("copies params out of a Node Buffer, whose own slice would not", () => {
    const bytes = Buffer.from(encodeParams(spec, values));
    const decoded = decodeParams(spec, bytes);
    bytes.fill(0);
    expect(decoded).toEqual(Float32Array.of(1, -2, 0.5));
  });

  it("hash to the digest of those bytes, whatever the private values", () => {
    const hash = paramsHash(spec, values, nobleSha256);
    expect(hash).toMatch(/^sha256-[0-9a-f]{64}$/);
    expect(paramsHash(spec, Float32Array.of(1, -2, 0.5, 0, 0), nobleSha256)).toBe(hash);
    expect(paramsHash(spec, Float32Array.of(1, -2, 0.25, 7, 8), nobleSha256)).not.toBe(hash);
  });

  it("are refused when a byte of the layout differs, when cut, or when not finite", () => {
    const bytes = encodeParams(spec, values);
    const changed = bytes.slice();
    changed[12] = 0x41;
    expect(codeOf(() => decodeParams(spec, changed))).toBe("SHAPE_MISMATCH");
    expect(codeOf(() => decodeParams(spec, bytes.subarray(1)))).toBe("SHAPE_MISMATCH");
    const broken = encodeParams(spec, Float32Array.of(1, Number.NaN, 0, 0, 0));
    expect(codeOf(() => decodeParams(spec, broken))).toBe("NOT_FINITE");
  });

  it("are refused from a checkpoint with missing, foreign or misshapen arrays", () => {
    const array = (shape: number[], ...of: number[]) => ({ shape, values: Float32Array.from(of) });
    const b = array([1], 3);
    expect(() => paramsFromArrays(spec, new Map([["layers.0.b", b]]))).toThrow(
      '"layers.0.w" expected [2, 1], got none',
    );
    const flat = new Map([
      ["layers.0.b", b],
      ["layers.0.w", array([2], 1, 2)],
    ]);
    expect(() => paramsFromArrays(spec, flat)).toThrow('"layers.0.w" expected [2, 1], got [2]');
    expect(() => paramsFromArrays(spec, new Map([["other", b]]))).toThrow('got "other"');
  });
});

describe("parseSafetensors", () => {
  const array = (extra: string) => `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]${extra}}}`;
  const four = new Uint8Array(4);
  const overlapping =
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const hostile: [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(), "MALFORMED"],
    ["a header length of 2^64 - 1", new Uint8Array(8).fill(255), "TOO_LARGE"],
    ["a header that runs past the end", file("{}").subarray(0, 9), "MALFORMED"],
    ["no JSON", file("{"), "MALFORMED"],
    ["no UTF-8", file('{"\u0000"}').fill(0xff, 8), "MALFORMED"],
    ["an array for a header", file("[]"), "MALFORMED"],
    ["data that no array names", file("{}", four), "MALFORMED"],
    ["too little data", file(array(""), new Uint8Array(3)), "MALFORMED"],
    ["too much data", file(array(""), new Uint8Array(5)), "MALFORMED"],
    ["an unknown key", file(array(',"x":1'), four), "MALFORMED"],
    ["a negative size", file(array("").replace("[1]", "[-1]"), four), "MALFORMED"],
    ["a size that overflows", file(array("").replace("[1]", "[9007199254740991,9007199254740991]"), four), "MALFORMED"],
    ["another element type", file(array("").replace("F32", "F64"), four), "MALFORMED"],
    ["swapped offsets", file(array("").replace("[0,4]", "[4,0]"), four), "MALFORMED"],
    ["overlapping arrays", file(overlapping, four), "MALFORMED"],
    ["more bytes than the limit", new Uint8Array(4097), "TOO_LARGE"],
  ];
  for (const [name, bytes, code] of hostile) {
    it(`refuses ${name} as ${code}`, () => expect(codeOf(() => parseSafetensors(bytes, limits))).toBe(code));
  }

  it("refuses more arrays than the limit", () => {
    const bytes = file(overlapping, four);
    expect(codeOf(() => parseSafetensors(bytes, { ...limits, maxArrays: 1 }))).toBe("TOO_LARGE");
  });

  it("answers any mutation of a good file with arrays or a ProtocolError, never another exception", () => {
    const good = encodeParams(spec, values);
    const mutation = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255), cut: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let bytes = good.slice();
        for (const { at, byte, cut } of mutations) {
          bytes[at] = byte;
          if (cut === 0) bytes = bytes.slice(0, at);
        }
        codeOf(() => parseSafetensors(bytes, limits));
      }),
      { seed: 2026, numRuns: 2000 },
    );
  });
});
