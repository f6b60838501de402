import { describe, expect, it } from "vitest";
import { zooModel } from "../../../shared/models/zoo.ts";
import { type CartPoleLine, trainCartPole } from "../../../simulations/train/trainCartPole.ts";

const options = {
  model: zooModel("cartpole-policy"),
  ...{ seed: 1, iterations: 6, batchSize: 100, evaluateEvery: 3 },
  optimizer: { kind: "adam", learningRate: 0.003 },
} as const;

describe("trainCartPole", () => {
  it("makes the pole stand longer, the same way each time", async () => {
    const lines: CartPoleLine[] = [];
    const { params, summary } = await trainCartPole({ ...options, onIteration: (line) => lines.push(line) });
    expect(lines.map(({ testReturn }) => testReturn !== undefined)).toEqual([false, false, true, false, false, true]);
    // A policy that knows nothing holds it for about 22 steps.
    expect(lines[0]!.trainReturn).toBeLessThan(40);
    expect(summary.testReturn).toBeGreaterThan(2 * lines[0]!.trainReturn);
    const again = await trainCartPole(options);
    expect(again.summary.paramsHash).toBe(summary.paramsHash);
    expect(again.params).toEqual(params);
  });

  it("stops at an abort with a judged policy", async () => {
    const controller = new AbortController();
    const { summary } = await trainCartPole({
      ...options,
      signal: controller.signal,
      onIteration: () => controller.abort(),
    });
    expect(summary).toMatchObject({ epochs: 1, stopped: "interrupted" });
    expect(summary.testReturn).toBeGreaterThan(8);
  });
});
