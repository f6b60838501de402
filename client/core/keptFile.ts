import { encodeSafetensors, type FlatArray } from "../../shared/params/encodeSafetensors.ts";
import type { ParamsSpec } from "../../shared/params/paramsSpec.ts";
import { type NamedArray, parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import { personalLayout } from "../../shared/params/personalLayout.ts";
import type { NamedVectors } from "../../shared/train/clientHalf.ts";
import { messageOf } from "./messageOf.ts";

// What a client keeps from round to round, as one safetensors file: its private params under the names of their arrays, which is
// all that a file had before strategies kept more; then each other vector, flat, under "kept.<name>".

const PERSONAL = "personal";
const PREFIX = "kept.";
/** What the header of a safetensors file may take beside its values. */
const MAX_HEADER_BYTES = 2 ** 20;

/** The file for the client's next training; nothing where nothing must be kept. */
export function encodeKept(spec: ParamsSpec, kept: NamedVectors): Uint8Array | undefined {
  if (kept.size === 0) return undefined;
  const pieces: Float32Array[] = [];
  const arrays: FlatArray[] = [];
  const personal = kept.get(PERSONAL);
  if (personal) {
    pieces.push(personal);
    arrays.push(...personalLayout(spec).arrays);
  }
  let length = personal?.length ?? 0;
  for (const [name, vector] of kept) {
    if (name === PERSONAL) continue;
    arrays.push({ name: PREFIX + name, shape: [vector.length], offset: length, length: vector.length });
    pieces.push(vector);
    length += vector.length;
  }
  const values = new Float32Array(length);
  let at = 0;
  for (const piece of pieces) {
    values.set(piece, at);
    at += piece.length;
  }
  return encodeSafetensors(arrays, values);
}

/**
 * What such a file holds.
 * @param keeps elements of what the strategy keeps, by name.
 * @throws RangeError, in words for a person, if it is of another model or strategy.
 */
export function decodeKept(spec: ParamsSpec, keeps: ReadonlyMap<string, number>, bytes: Uint8Array): NamedVectors {
  try {
    const length = [...keeps.values()].reduce((sum, elements) => sum + elements, 0);
    const limits = { maxBytes: 4 * length + MAX_HEADER_BYTES, maxHeaderBytes: MAX_HEADER_BYTES };
    const arrays = new Map(parseSafetensors(bytes, limits));
    const kept = new Map<string, Float32Array>();
    for (const [name, elements] of keeps) {
      const vector =
        name === PERSONAL ? takePersonal(spec, arrays, elements) : takeVector(arrays, PREFIX + name, elements);
      if (vector) kept.set(name, vector);
    }
    const [unknown] = arrays.keys();
    if (unknown !== undefined) throw new RangeError(`"${unknown.slice(0, 100)}" is nothing that this run keeps`);
    return kept;
  } catch (error) {
    throw new RangeError(`what this client kept does not fit the run: ${messageOf(error)}`, { cause: error });
  }
}

/** Takes all private params out of the arrays; nothing where none are there. */
function takePersonal(spec: ParamsSpec, arrays: Map<string, NamedArray>, elements: number): Float32Array | undefined {
  const own = personalLayout(spec).arrays;
  if (!own.some(({ name }) => arrays.has(name))) return undefined;
  const values = new Float32Array(elements);
  for (const { name, offset, length } of own) {
    const vector = takeVector(arrays, name, length);
    if (vector === undefined) throw new RangeError(`"${name}" expected ${length} elements, got none`);
    values.set(vector, offset);
  }
  return values;
}

function takeVector(arrays: Map<string, NamedArray>, name: string, elements: number): Float32Array | undefined {
  const array = arrays.get(name);
  arrays.delete(name);
  if (array === undefined) return undefined;
  if (array.values.length !== elements) {
    throw new RangeError(`"${name}" expected ${elements} elements, got ${array.values.length}`);
  }
  return Float32Array.from(array.values);
}
