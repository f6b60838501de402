import { numElements } from "../graph/shape.ts";
import type { Shape } from "../graph/tensor.ts";
import { DataFormatError } from "./dataFormatError.ts";

/** An array as an IDX file holds it, row-major. */
export interface IdxArray {
  readonly shape: Shape;
  readonly values: Uint8Array | Int32Array | Float32Array;
}

export interface IdxLimits {
  /** Most elements of the array; 2^28 when absent (MNIST's training images have 47,040,000). */
  readonly maxElements?: number;
}

const UINT8 = 0x08;
const INT32 = 0x0c;
const FLOAT32 = 0x0d;
const MAX_DIMENSIONS = 4;

/**
 * Reads one IDX file: two zero bytes, element type, number of dimensions, sizes (u32 big-endian), elements
 * (big-endian). Unsigned bytes are returned as a view of `bytes`, not copied.
 * Source: LeCun, Cortes and Burges, "The MNIST database", file formats.
 * @throws DataFormatError if the header is malformed, the type unsupported, the size beyond the limits or not what the
 * header says.
 */
export function parseIdx(bytes: Uint8Array, limits: IdxLimits = {}): IdxArray {
  const { maxElements = 2 ** 28 } = limits;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) {
    throw new DataFormatError(
      "IDX file expected to begin with two zero bytes, a type and a number of dimensions; if it is compressed (.gz), unpack it first",
    );
  }
  const type = bytes[2] as number;
  const dimensions = bytes[3] as number;
  if (type !== UINT8 && type !== INT32 && type !== FLOAT32) {
    throw new DataFormatError(
      `IDX element type expected 0x08 (u8), 0x0c (i32) or 0x0d (f32), got 0x${type.toString(16)}`,
    );
  }
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new DataFormatError(`IDX file expected 1 to ${MAX_DIMENSIONS} dimensions, got ${dimensions}`);
  }
  const headerBytes = 4 + 4 * dimensions;
  if (bytes.length < headerBytes) {
    throw new DataFormatError(`IDX header expected ${headerBytes} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  // Four sizes of up to 2^32 overflow no double, so the bound is checked on the true product.
  const elements = numElements(shape);
  if (elements > maxElements) {
    throw new DataFormatError(`IDX file expected <= ${maxElements} elements, its header says ${shape.join(" x ")}`);
  }
  const expected = headerBytes + elements * (type === UINT8 ? 1 : 4);
  if (bytes.length !== expected) {
    throw new DataFormatError(`IDX file of ${shape.join(" x ")} expected ${expected} bytes, got ${bytes.length}`);
  }
  if (type === UINT8) return { shape, values: bytes.subarray(headerBytes) };
  const values = type === INT32 ? new Int32Array(elements) : new Float32Array(elements);
  for (let i = 0; i < elements; i++) {
    values[i] = type === INT32 ? view.getInt32(headerBytes + 4 * i) : view.getFloat32(headerBytes + 4 * i);
  }
  return { shape, values };
}
