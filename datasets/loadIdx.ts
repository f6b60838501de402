import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DataFormatError } from "../shared/data/dataFormatError.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { idxDataset } from "../shared/data/idxDataset.ts";
import { parseIdx } from "../shared/data/parseIdx.ts";

/** A labelled dataset from two IDX files (plain or `.gz`); its bytes lie in shared memory. */
export async function loadIdxPair(imagesPath: string, labelsPath: string): Promise<Dataset> {
  const [images, labels] = await Promise.all([readShared(imagesPath), readShared(labelsPath)]);
  return idxDataset(parseIdx(images), parseIdx(labels));
}

/**
 * The IDX pairs of a folder: `*images*` with its `*labels*`. Files whose name begins with `t10k` or `test` are the test
 * set, the others the training set; a folder may hold a training set alone.
 * @throws DataFormatError if no training pair is found.
 */
export async function loadIdxDirectory(
  directory: string,
): Promise<{ readonly train: Dataset; readonly test?: Dataset }> {
  const names = (await readdir(directory)).filter((name) => /idx\d?-ubyte(\.gz)?$|\.idx\d?(\.gz)?$/.test(name)).sort();
  const find = (isTest: boolean, what: string): string | undefined =>
    names.find((name) => /^(t10k|test)/.test(name) === isTest && name.includes(what));
  const pair = async (isTest: boolean): Promise<Dataset | undefined> => {
    const images = find(isTest, "images");
    const labels = find(isTest, "labels");
    return images && labels ? loadIdxPair(join(directory, images), join(directory, labels)) : undefined;
  };
  const [train, test] = await Promise.all([pair(false), pair(true)]);
  if (train === undefined) {
    throw new DataFormatError(
      `expected an IDX pair such as train-images-idx3-ubyte and train-labels-idx1-ubyte in ${directory}, found ${names.length === 0 ? "none" : names.join(", ")}`,
    );
  }
  return test ? { train, test } : { train };
}

/** The whole file, unpacked if it is gzip, in a SharedArrayBuffer. */
async function readShared(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    await readFully(file, bytes);
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
    const unpacked = gunzipSync(bytes.slice(), { maxOutputLength: 2 ** 31 - 1 });
    const shared = new Uint8Array(new SharedArrayBuffer(unpacked.length));
    shared.set(unpacked);
    return shared;
  } finally {
    await file.close();
  }
}

async function readFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) throw new DataFormatError(`file expected ${bytes.length} bytes, ended at ${at}`);
    at += bytesRead;
  }
}
