import { describe, expect, it } from "vitest";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { expectNear, line, lineData, lineGradient, plan, request } from "./halfWorld.ts";

describe("fedDynHalf", () => {
  it("minimises the loss less its own linear term, near the received params, on a line by hand", () => {
    const alpha = 0.6;
    const trainer = createClientTrainer({ model: line, plan, strategy: { kind: "feddyn", alpha, population: 10 } });
    let own = [0, 0];
    let kept: ReadonlyMap<string, Float32Array> = new Map();
    for (const received of [
      [0.5, -0.25],
      [0.1, 0.3],
    ]) {
      const update = trainer.train(request({ params: Float32Array.from(received), data: lineData, kept }));
      // Two steps at 0.1 along g(w) - gᵢ + alpha · (w - received).
      let w = received;
      for (let step = 0; step < 2; step++) {
        const g = lineGradient(w);
        w = w.map((value, i) => value - 0.1 * (g[i]! - own[i]! + alpha * (value - received[i]!)));
      }
      const delta = w.map((value, i) => value - received[i]!);
      own = own.map((value, i) => value - alpha * delta[i]!);
      expectNear(update.delta, delta, 1e-6);
      expectNear(update.kept.get("gradient")!, own, 1e-6);
      expect(update.parts.size).toBe(0);
      kept = update.kept;
    }
    expect(own.every((value) => Math.abs(value) > 0.01)).toBe(true);
  });

  it("refuses a plan with a proximal term of its own", () => {
    const twice = { ...plan, penalties: { proximal: 0.1 } };
    const strategy = { kind: "feddyn", alpha: 0.6, population: 10 } as const;
    expect(() => createClientTrainer({ model: line, plan: twice, strategy })).toThrow(
      /feddyn expected .* leave it out/,
    );
  });
});
