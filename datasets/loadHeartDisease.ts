import { join } from "node:path";
import type { Rng } from "../shared/base/rng.ts";
import { HEART_HOSPITALS, type HeartDatasets, heartDatasets } from "../shared/data/tabular/heartDatasets.ts";
import { readTextFile } from "./readTextFile.ts";

/** The four hospitals from a folder with `processed.cleveland.data` and its likes. @throws DataFormatError as `heartDatasets`. */
export async function loadHeartDisease(folder: string, rng: Rng): Promise<HeartDatasets> {
  const texts = HEART_HOSPITALS.map((hospital) => readTextFile(join(folder, `processed.${hospital}.data`)));
  return heartDatasets(await Promise.all(texts), rng);
}
