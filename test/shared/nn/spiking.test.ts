import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { input, reduceSum } from "../../../shared/graph/ops.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { type ApplyContext, evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { layerDocumentSchema } from "../../../shared/nn/layerDocument.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { encodeSpikes, type SpikeEncoding } from "../../../shared/nn/layers/spiking/encodeSpikes.ts";
import { leakyIntegrateAndFire } from "../../../shared/nn/layers/spiking/leakyIntegrateAndFire.ts";
import { spiking } from "../../../shared/nn/layers/spiking/spiking.ts";
import { applyLayer, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { spikingCases } from "./spikingCases.ts";

const lif = leakyIntegrateAndFire;

for (const layerCase of spikingCases) layerContract(layerCase);
torchCases("spiking");

function run(layer: Layer, rows: readonly number[], ctx: ApplyContext): ArrayLike<number> {
  const x = input("x", [rows.length, 1]);
  return runReference(createGraph({ inputs: [x], outputs: [applyLayer(layer, [], x, ctx)] }), { x: rows }).outputs[0]!;
}

describe("leakyIntegrateAndFire", () => {
  const inTime: ApplyContext = { ...evaluateContext, spikingSteps: 6 };
  const constantCurrent = Array<number>(6).fill(0.75);

  it("leaks, fires above its threshold and loses the threshold at the next step", () => {
    // u: 0.75, 1.125, 0.3125, 0.90625, 1.203125, 0.3515625, exact in f32.
    const spikes = run(lif({ decay: 0.5 }), constantCurrent, inTime);
    expect(Array.from(spikes)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it("loses its whole potential with the reset to zero", () => {
    // u: 0.75, 1.125, 0.75, 1.125, ...
    const spikes = run(lif({ decay: 0.5, reset: "zero" }), constantCurrent, inTime);
    expect(Array.from(spikes)).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it("never fires on a current whose limit current / (1 - decay) is not above the threshold", () => {
    const spikes = run(lif({ decay: 0.5, threshold: 1.5 }), constantCurrent, inTime);
    expect(Array.from(spikes)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("keeps the examples of a batch apart", () => {
    // Three steps of two examples, the first step of both first.
    const spikes = run(lif({ decay: 0.5 }), [0.75, 2, 0.75, 0, 0.75, 0], { ...evaluateContext, spikingSteps: 3 });
    // Example 0 as above; example 1: u = 2, then 1 - 1 = 0, then 0.
    expect(Array.from(spikes)).toEqual([0, 1, 1, 0, 0, 0]);
  });

  it("refuses to run outside of a spiking layer, and options out of range", () => {
    expect(() => applyLayer(lif({ decay: 0.5 }), [], input("x", [2, 3]), evaluateContext)).toThrow(
      "leakyIntegrateAndFire expected to be within a spiking layer",
    );
    expect(() => lif({ decay: 1.5 })).toThrow('"decay" expected a value in [0, 1], got 1.5');
    expect(() => lif({ decay: 0.5, threshold: 0 })).toThrow('"threshold" expected');
    expect(() => lif({ decay: 0.5, surrogate: { kind: "arctan", slope: -1 } })).toThrow('"slope" expected');
  });
});

describe("encodeSpikes", () => {
  const values = [-0.5, 0, 0.25, 0.5, 1, 2];

  /** Spikes of each value over four steps. */
  function encode(encoding: SpikeEncoding, ctx: ApplyContext, draws?: readonly number[]): number[][] {
    const x = input("x", [1, values.length]);
    const r = input("r", [4, 1, values.length]);
    const spikes = encodeSpikes(encoding, x, 4, { ...ctx, random: () => r });
    expect(spikes.shape).toEqual([4, values.length]);
    const graph = createGraph({ inputs: [x, r], outputs: [spikes] });
    const [output] = runReference(graph, { x: values, r: draws ?? Array<number>(24).fill(0) }).outputs;
    return values.map((_, i) => Array.from({ length: 4 }, (__, t) => output![t * values.length + i]!));
  }

  it("spaces the spikes of a rate evenly while evaluating", () => {
    const [below, none, quarter, half, all, above] = encode("rate", evaluateContext);
    expect([below, none]).toEqual([[0, 0, 0, 0], [0, 0, 0, 0]]); // biome-ignore format: one line
    expect([all, above]).toEqual([[1, 1, 1, 1], [1, 1, 1, 1]]); // biome-ignore format: one line
    expect(quarter).toEqual([0, 1, 0, 0]); // floor(t/4 + ½) rises at t = 2
    expect(half).toEqual([1, 0, 1, 0]); // floor(t/2 + ½) rises at t = 1 and t = 3
  });

  it("draws the spikes of a rate while training", () => {
    // Spikes where the draw lies below the value.
    const draws = Array.from({ length: 24 }, (_, i) => [0, 0.25, 0.5, 0.75][Math.floor(i / 6)]!);
    expect(encode("rate", { ...evaluateContext, mode: "train" }, draws)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
  });

  it("lets the gradient of a rate straight through", () => {
    const x = input("x", [1, 3]);
    const graph = createGraph({
      inputs: [x],
      outputs: gradients(reduceSum(encodeSpikes("rate", x, 5, evaluateContext)), [x]),
    });
    expect(runReference(graph, { x: [0.1, 0.5, 0.9] }).outputs[0]).toEqual(Float32Array.of(5, 5, 5));
  });

  it("sends the brightest first by latency, and nothing for 0", () => {
    // round((1 - x) · 3): 0.25 -> 2.25 -> 2, 0.5 -> 1.5 -> 2, 1 -> 0.
    expect(encode("latency", evaluateContext)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]);
  });
});

describe("spiking", () => {
  /** Rows of each matrix product. */
  function productRows(layer: Layer): number[] {
    const params = Object.values(layer.init).map(({ shape }) => input("p", shape));
    const y = applyLayer(layer, params, input("x", [2, 4]), evaluateContext);
    return topologicalOrder([y]).flatMap(({ op, shape }) => (op === "matmul" ? [shape[0]!] : []));
  }

  it("runs what precedes the first neurons once, and the rest in one product over all steps", () => {
    const layers = [linear(4, 3), lif({ decay: 0.5 }), linear(3, 2)];
    expect(productRows(spiking({ steps: 10, layers }))).toEqual([2, 20]);
    expect(productRows(spiking({ steps: 10, encoding: "latency", layers }))).toEqual([20, 20]);
  });

  it("finds neurons within other layers, and takes one without a document for neurons", () => {
    const inner = spiking({ steps: 1, layers: [lif({ decay: 0.5 })] });
    expect(productRows(spiking({ steps: 5, layers: [linear(4, 4), inner, linear(4, 4)] }))).toEqual([2, 10]);
    const { document: _, ...unknown } = relu();
    const layer = spiking({ steps: 5, layers: [linear(4, 4), unknown, linear(4, 4)] });
    expect(productRows(layer)).toEqual([2, 10]);
    expect(layer.document).toBeUndefined();
  });

  it("refuses options out of range", () => {
    expect(() => spiking({ steps: 0, layers: [] })).toThrow('"steps" expected >= 1, got 0');
    expect(() => spiking({ steps: 1, readoutDecay: 2, layers: [] })).toThrow('"readoutDecay" expected');
  });

  it.each([
    { kind: "leakyIntegrateAndFire", decay: 2 },
    { kind: "leakyIntegrateAndFire", decay: 0.5, threshold: 0 },
    { kind: "leakyIntegrateAndFire", decay: 0.5, reset: "never" },
    { kind: "leakyIntegrateAndFire", decay: 0.5, surrogate: { kind: "step", slope: 1 } },
    { kind: "leakyIntegrateAndFire", decay: 0.5, surrogate: { kind: "arctan", slope: 0 } },
    { kind: "spiking", steps: 2000, layers: [{ kind: "relu" }] },
    { kind: "spiking", steps: 5, layers: [] },
    { kind: "spiking", steps: 5, encoding: "phase", layers: [{ kind: "relu" }] },
    { kind: "spiking", steps: 5, readout: "last", layers: [{ kind: "relu" }] },
  ])("refuse the document %o", (document) => {
    expect(v.safeParse(layerDocumentSchema, document).success).toBe(false);
  });
});
