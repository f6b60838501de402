// The contenders of fold.mjs, on one core.
import { exactSum } from "../../dist/server/strategies/aggregators/exactSum.js";
import { weightedMean } from "../../dist/server/strategies/aggregators/weightedMean.js";
import { answerParent } from "./pinned.mjs";

/** Different ones, together far beyond the caches. */
const NUM_ARRAYS = 16;
const WEIGHT = 100;

let contenders;
let updates;
answerParent({ start, turn, stop: () => {} });

function start({ numParams, numUpdates }) {
  const arrays = Array.from({ length: NUM_ARRAYS }, (_, a) =>
    Float32Array.from({ length: numParams }, (_, i) => Math.sin(i + a) / 100),
  );
  updates = Array.from({ length: numUpdates }, (_, i) => arrays[i % NUM_ARRAYS]);
  const bounds = { maxAbsDelta: 1, maxTotalWeight: WEIGHT * numUpdates };
  contenders = {
    memcpy: () => copyTo(new Float32Array(numParams)),
    plain: () => accumulateIn(new Float64Array(numParams)),
    exact: () => sumIn(exactSum({ length: numParams, maxAbsSum: bounds.maxTotalWeight })),
    aggregator: () => meanOf(weightedMean({ numParams, ...bounds })),
  };
}

/** Milliseconds of each contender, one after the other. */
function turn() {
  return Object.fromEntries(
    Object.entries(contenders).map(([name, fold]) => {
      const startedAt = performance.now();
      fold();
      return [name, performance.now() - startedAt];
    }),
  );
}

function copyTo(target) {
  for (const delta of updates) target.set(delta);
}

function accumulateIn(sum) {
  for (const delta of updates) addTo(sum, delta, WEIGHT);
}

function addTo(sum, delta, weight) {
  for (let i = 0; i < sum.length; i++) sum[i] += weight * delta[i];
}

function sumIn(sum) {
  for (const delta of updates) sum.add(delta, WEIGHT);
}

function meanOf(mean) {
  for (const delta of updates) mean.add({ delta, weight: WEIGHT });
}
