import { describe, expect, it } from "vitest";
import { zooModel } from "../../../shared/models/zoo.ts";
import { explainTraining, profileTraining } from "../../../shared/train/explainTraining.ts";

const model = zooModel("2nn");
const plan = { epochs: 1, batchSize: 10, optimizer: { kind: "adam", learningRate: 0.001 } } as const;

describe("a program for people", () => {
  it("names what it computes, and counts it", () => {
    const text = explainTraining({ model, plan });
    expect(text).toContain("matmul(x [10, 784], params.layers.0.w [784, 200], params.layers.0.b [200])  3136000 FLOP");
    expect(text).toMatch(/\d+ FLOP a step\nworkspace \d+ bytes$/);
  });

  it("is profiled instruction by instruction", () => {
    let reads = 0;
    const steps = profileTraining({ model, plan, now: () => reads++, runs: 3 });
    expect(steps.length).toBe(explainTraining({ model, plan }).split("\n").length - 2);
    // A clock that moves on by one a reading gives each run of each instruction one millisecond.
    expect(steps.every(({ meanMs }) => meanMs === 1)).toBe(true);
    expect(steps[0]).toMatchObject({ flops: 2 * 10 * 784 * 200 });
  });
});
