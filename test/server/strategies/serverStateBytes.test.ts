import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeServerState, encodeServerState } from "../../../server/strategies/serverStateBytes.ts";

const file = (header: string, numDataBytes = 0, padded = Math.ceil(header.length / 8) * 8): Uint8Array => {
  const bytes = new Uint8Array(8 + padded + numDataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(new TextEncoder().encode(header.padEnd(padded)), 8);
  return bytes;
};

describe("server state bytes", () => {
  it("gives back the same names and bits, at any alignment", () => {
    const vectors = fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z0-9]{0,9}$/), fc.float64Array({ maxLength: 20 }));
    fc.assert(
      fc.property(vectors, fc.nat(7), (named, shift) => {
        const bytes = encodeServerState(new Map(Object.entries(named)));
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        const decoded = decodeServerState(shifted.subarray(shift));
        expect([...decoded.keys()].sort()).toEqual(Object.keys(named).sort());
        for (const [name, values] of decoded) expect(values).toEqual(named[name]);
        expect(encodeServerState(decoded)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it("is a safetensors file of f64 arrays in the order of their names", () => {
    const bytes = encodeServerState(
      new Map([
        ["second", Float64Array.of(1, -2)],
        ["first", Float64Array.of(0.5)],
      ]),
    );
    const header =
      '{"first":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"second":{"dtype":"F64","shape":[2],"data_offsets":[8,24]}}';
    const expected = file(header, 24);
    const data = new DataView(expected.buffer, expected.length - 24);
    [0.5, 1, -2].forEach((value, i) => void data.setFloat64(8 * i, value, true));
    expect(bytes).toEqual(expected);
  });

  it("does not depend on the order in which vectors were set", () => {
    const a: [string, Float64Array] = ["a", Float64Array.of(1)];
    const b: [string, Float64Array] = ["b", Float64Array.of(2)];
    expect(encodeServerState(new Map([b, a]))).toEqual(encodeServerState(new Map([a, b])));
  });

  const whole = encodeServerState(new Map([["h", Float64Array.of(1, 2)]]));
  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["a cut header", whole.subarray(0, 20)],
    ["a value cut short", whole.subarray(0, whole.length - 1)],
    ["a missing value", whole.subarray(0, whole.length - 8)],
    ["bytes after the end", Uint8Array.of(...whole, 0)],
    ["a header longer than the file", file("{}").with(7, 255)],
    ["a header that is no JSON", file("{")],
    ["a header that is no object", file("[]")],
    ["f32 values", file('{"h":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8)],
    ["two dimensions", file('{"h":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}', 8)],
    ["a negative length", file('{"h":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}', 8)],
    ["a length beyond any file", file('{"h":{"dtype":"F64","shape":[1e15],"data_offsets":[0,8e15]}}', 8)],
    [
      "overlapping arrays",
      file(
        '{"g":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"h":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}',
        16,
      ),
    ],
    ["metadata", file('{"__metadata__":{}}')],
    ["a name with a dot", file('{"a.b":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}')],
    [
      "two arrays of one name",
      file(
        '{"h":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"h":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}',
      ),
    ],
    ["white space that it does not write", file('{ "h":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}')],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeServerState(bytes)).toThrow(RangeError);
  });

  it("refuses a name that is no identifier", () => {
    expect(() => encodeServerState(new Map([["a.b", Float64Array.of(1)]]))).toThrow(/name/);
  });
});
