import type { ParamsEntry, ParamsSpec } from "./paramsSpec.ts";

/** The shared entries that are statistics of batches, not trained: a server averages them and takes no step along them. */
export function sharedStatistics({ entries }: ParamsSpec): readonly ParamsEntry[] {
  return entries.filter(({ kind, scope }) => kind === "statistic" && scope === "shared");
}
