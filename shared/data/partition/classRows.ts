import type { Rng } from "../../base/rng.ts";
import { shuffle } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";

/** The rows of each class label, labels ascending, each list shuffled. @throws TypeError if the targets are no class labels. */
export function classRows({ targets, targetSize }: Dataset, partition: string, rng: Rng): readonly number[][] {
  if (targetSize !== 1 || targets instanceof Float32Array) {
    throw new TypeError(`partition "${partition}" expected class labels, got regression targets`);
  }
  const rows = new Map<number, number[]>();
  for (const [row, label] of targets.entries()) {
    const own = rows.get(label);
    if (own === undefined) rows.set(label, [row]);
    else own.push(row);
  }
  const lists = [...rows].sort(([a], [b]) => a - b).map(([, list]) => list);
  for (const list of lists) shuffle(list, rng);
  return lists;
}
