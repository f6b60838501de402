import { expect, it } from "vitest";
import { weightedMean } from "../../../../server/strategies/aggregators/weightedMean.ts";

it("weights each delta by its example count", () => {
  const mean = weightedMean({ numParams: 2, maxAbsDelta: 8, maxTotalWeight: 4 });
  mean.add({ delta: Float32Array.of(1, 0), weight: 1 });
  mean.add({ delta: Float32Array.of(4, 8), weight: 3 });
  expect(mean.finish()).toEqual(Float64Array.of(3.25, 6)); // (1·1 + 3·4) / 4,  (1·0 + 3·8) / 4
});
