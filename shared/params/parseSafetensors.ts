import * as v from "valibot";
import { ProtocolError } from "../base/errors.ts";
import { explainIssues } from "../base/explainIssues.ts";
import { numElements } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";
import { bytesToFloats } from "./littleEndian.ts";

export interface SafetensorsLimits {
  readonly maxBytes: number;
  /** Of the JSON header; 1 MiB when absent. */
  readonly maxHeaderBytes?: number;
  /** Arrays in the file; 4,096 when absent. */
  readonly maxArrays?: number;
}

export interface NamedArray {
  readonly shape: Shape;
  readonly values: Float32Array;
}

const countSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

const arraySchema = v.strictObject({
  dtype: v.literal("F32"),
  shape: v.pipe(v.array(countSchema), v.maxLength(8)),
  /** First byte and end, within the data that follows the header. */
  data_offsets: v.tuple([countSchema, countSchema]),
});

/**
 * The arrays of an untrusted safetensors file, by name; values are copies, whatever the alignment of the bytes.
 * Accepts what other writers make, within the limits: any order, padding and metadata; only F32 arrays, which must
 * tile the data without gap or overlap.
 * @throws ProtocolError TOO_LARGE beyond a limit, MALFORMED for anything else.
 */
export function parseSafetensors(bytes: Uint8Array, limits: SafetensorsLimits): Map<string, NamedArray> {
  const { maxBytes, maxHeaderBytes = 2 ** 20, maxArrays = 4096 } = limits;
  if (bytes.length > maxBytes) throw tooLarge("bytes", maxBytes, bytes.length);
  if (bytes.length < 8) throw malformed(`expected at least 8 bytes, got ${bytes.length}`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes) throw tooLarge("header bytes", maxHeaderBytes, headerBytes);
  if (8 + headerBytes > bytes.length) throw malformed(`header of ${headerBytes} bytes runs past the end`);

  const described = Object.entries(parseHeader(bytes.subarray(8, 8 + headerBytes)));
  const arrays = described.filter(([name]) => name !== "__metadata__");
  if (arrays.length > maxArrays) throw tooLarge("arrays", maxArrays, arrays.length);
  const data = bytes.subarray(8 + headerBytes);
  const parsed = arrays.map(([name, json]) => ({ name, ...parseDescription(name, json) }));
  assertTiled(parsed, data.length);
  return new Map(
    parsed.map(({ name, shape, start, end }) => [name, { shape, values: bytesToFloats(data.subarray(start, end)) }]),
  );
}

function parseHeader(bytes: Uint8Array): object {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed("header is no JSON in UTF-8", cause);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw malformed("header is no object");
  return header;
}

interface Placed {
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

function parseDescription(name: string, json: unknown): Placed {
  const result = v.safeParse(arraySchema, json, { abortEarly: true });
  const label = JSON.stringify(name.slice(0, 100));
  if (!result.success) throw malformed(`array ${label}: ${explainIssues(arraySchema, result.issues)}`);
  const { shape, data_offsets: offsets } = result.output;
  const [start, end] = offsets;
  if (end - start !== 4 * numElements(shape)) {
    throw malformed(`array ${label} expected ${4 * numElements(shape)} bytes for its shape, got ${end - start}`);
  }
  return { shape, start, end };
}

function assertTiled(arrays: readonly Placed[], dataBytes: number): void {
  let reached = 0;
  for (const { start, end } of [...arrays].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== reached) throw malformed(`arrays expected no gap or overlap, got one at byte ${reached} of the data`);
    reached = end;
  }
  if (reached !== dataBytes) throw malformed(`arrays expected ${reached} bytes of data, got ${dataBytes}`);
}

function malformed(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError("MALFORMED", `safetensors: ${message}`, cause === undefined ? {} : { cause });
}

function tooLarge(what: string, maximum: number, actual: number): ProtocolError {
  return new ProtocolError("TOO_LARGE", `safetensors expected <= ${maximum} ${what}, got ${actual}`);
}
