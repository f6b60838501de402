import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../../shared/train/createLocalTrainer.ts";
import { clusteredData, expectSame, plan, request, twoLayers } from "./halfWorld.ts";

const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "ifca", clusters: 3 } });
const local = createLocalTrainer({ model: twoLayers, plan: { ...plan, epochs: 40 } });
const begin = twoLayers.init(createRng("init"));

/** A model that fits the clusters, or the turned ones. */
function fitted(turn: boolean): Float32Array {
  const { delta } = local.train({ params: begin, data: clusteredData(40, { turn }), rng: createRng("fit") });
  return begin.map((value, i) => value + delta[i]!);
}
const [straight, turned] = [fitted(false), fitted(true)];

describe("ifcaHalf", () => {
  it.each([
    [false, 1, straight],
    [true, 2, turned],
  ])("trains the model that fits its data best (turned: %s)", (turn, expected, best) => {
    const data = clusteredData(23, { turn });
    const handouts = new Map([
      ["cluster1", straight],
      ["cluster2", turned],
    ]);
    const given = request({ params: begin, data, handouts });
    expectSame(trainer.ownParams(given), best);
    const { parts, delta, metrics } = trainer.train(given);
    expect([...parts]).toEqual([["cluster", Float32Array.of(expected)]]);
    const alone = createLocalTrainer({ model: twoLayers, plan });
    const own = alone.train({ params: best, data, rng: createRng("order") });
    expectSame(delta, own.delta);
    expect(metrics.trainLoss).toBe(own.trainLoss);
  });

  it("takes the first of equals", () => {
    const handouts = new Map([
      ["cluster1", straight],
      ["cluster2", straight.slice()],
    ]);
    const { parts } = trainer.train(request({ params: begin, data: clusteredData(23), handouts }));
    expect(parts.get("cluster")).toEqual(Float32Array.of(1));
  });

  it("judges its choice, made on the rows it trains on, on those held out", () => {
    const data = clusteredData(23, { turn: true });
    const handouts = new Map([
      ["cluster1", straight],
      ["cluster2", turned],
    ]);
    const rows = Uint32Array.from({ length: 15 }, (_, i) => i);
    const heldOut = Uint32Array.from({ length: 8 }, (_, i) => 15 + i);
    const { metrics } = trainer.train(request({ params: begin, data, handouts, rows, heldOut }));
    expect(metrics.evalLoss).toBe(local.evaluate(turned, data, heldOut).loss);
  });

  it("needs every model handed out", () => {
    expect(() => trainer.train(request({ params: begin, data: clusteredData(5) }))).toThrow(
      /handout "cluster1" expected \d+ elements, got none/,
    );
  });
});
