import { closeSync, openSync, readSync } from "node:fs";
import { reorderFloats } from "../../shared/params/littleEndian.ts";
import type { ReadStored } from "../strategies/robust/updateRows.ts";

/**
 * Reads a stretch of a delta from its file, in the caller's thread. The file is closed again: a round may have more updates
 * than a process may have files open.
 */
export const readStored: ReadStored = ({ path, offset }, start, out) => {
  const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  const from = offset + start * Float32Array.BYTES_PER_ELEMENT;
  const file = openSync(path, "r");
  try {
    for (let done = 0; done < bytes.length; ) {
      const numBytes = readSync(file, bytes, done, bytes.length - done, from + done);
      if (numBytes === 0) {
        throw new Error(`${path} expected ${bytes.length} bytes from byte ${from} on, got ${done}: it was cut short`);
      }
      done += numBytes;
    }
    reorderFloats(bytes);
  } finally {
    closeSync(file);
  }
};
