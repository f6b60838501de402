import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { DataFormatError } from "../shared/data/dataFormatError.ts";

/** Most bytes of an unpacked text: what one string may hold in Node, about. */
const MAX_BYTES = 2 ** 29 - 24;

/** A whole text file in UTF-8, unpacked if it is gzip. @throws DataFormatError if it is broken gzip or no UTF-8. */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(unpacked);
  } catch (error) {
    throw new DataFormatError(`${path} expected a text in UTF-8, plain or gzip: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
