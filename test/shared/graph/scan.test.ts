import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { expectClose } from "../../support/expectClose.ts";
import { checkGradient } from "../../support/gradientCheck.ts";

/** h = tanh(x·u + h·w) over time, each h an output: a plain recurrent layer. */
function recurrent(xs: Tensor, h0: Tensor, u: Tensor, w: Tensor, reverse = false): ops.ScanResult {
  return ops.scan({
    carry: [h0],
    sequences: [xs],
    constants: [u, w],
    reverse,
    step([h], [x], [u, w]) {
      const next = ops.tanh(ops.add(ops.matmul(x!, u!), ops.matmul(h!, w!)));
      return { carry: [next], outputs: [next] };
    },
  });
}

const shapes = [
  [4, 2, 3],
  [2, 5],
  [3, 5],
  [5, 5],
];

describe("scan", () => {
  it("carries values from step to step and stacks what each step gives", () => {
    const xs = ops.input("xs", [4]);
    const start = ops.input("start", []);
    const { carry, outputs } = ops.scan({
      carry: [start],
      sequences: [xs],
      step: ([sum], [x]) => ({ carry: [ops.add(sum!, x!)], outputs: [ops.mul(sum!, x!)] }),
    });
    const graph = createGraph({ inputs: [xs, start], outputs: [...carry, ...outputs] });
    const result = runReference(graph, { xs: [1, 2, 3, 4], start: [10] });
    expect(result.outputs[0]).toEqual(Float32Array.of(20));
    expect(result.outputs[1]).toEqual(Float32Array.of(10, 22, 39, 64)); // 10·1, 11·2, 13·3, 16·4
  });

  it("runs from the last item to the first when reversed, items and outputs still in place", () => {
    const xs = ops.input("xs", [3]);
    const { outputs } = ops.scan({
      carry: [ops.constant(0)],
      sequences: [xs],
      reverse: true,
      step: ([sum], [x]) => ({ carry: [ops.add(sum!, x!)], outputs: [sum!] }),
    });
    const graph = createGraph({ inputs: [xs], outputs });
    expect(runReference(graph, { xs: [1, 2, 3] }).outputs[0]).toEqual(Float32Array.of(5, 3, 0));
  });

  it("has the gradient of its outputs, through carries, items and constants", () => {
    checkGradient({ shapes, apply: (xs, h, u, w) => recurrent(xs!, h!, u!, w!).outputs[0]! });
  });

  it("has the gradient of its final carry", () => {
    checkGradient({ shapes, apply: (xs, h, u, w) => recurrent(xs!, h!, u!, w!).carry[0]! });
  });

  it("has the gradient of both together, reversed", () => {
    checkGradient({
      shapes,
      apply(xs, h, u, w) {
        const { carry, outputs } = recurrent(xs!, h!, u!, w!, true);
        return ops.add(outputs[0]!, carry[0]!);
      },
    });
  });

  it("has the gradient of a product of two constants: low-rank weights of a recurrent layer", () => {
    checkGradient({
      shapes: [
        [3, 2, 4],
        [2, 4],
        [4, 2],
        [2, 4],
      ],
      apply(xs, h, down, up) {
        const { carry } = ops.scan({
          carry: [h!],
          sequences: [xs!],
          constants: [down!, up!],
          step([state], [x], [a, b]) {
            return { carry: [ops.tanh(ops.add(x!, ops.matmul(state!, ops.matmul(a!, b!))))] };
          },
        });
        return carry[0]!;
      },
    });
  });

  it("refuses a carry that changes its shape", () => {
    const bad = () =>
      ops.scan({ length: 2, carry: [ops.constant(0)], step: () => ({ carry: [ops.constant(0, [2])] }) });
    expect(bad).toThrow("scan body expected carry 0 as [], got [2]");
  });

  it("refuses a body that reaches for an outer tensor it does not list", () => {
    const outer = ops.input("outer", []);
    const bad = () => ops.scan({ length: 2, carry: [outer], step: ([h]) => ({ carry: [ops.add(h!, outer)] }) });
    expect(bad).toThrow('scan body uses the outer tensor "outer"; list it in "constants"');
  });
});

/** Every scan of a graph, those within the bodies of others last. */
function scansOf(outputs: readonly Tensor[]): Tensor[] {
  const own = topologicalOrder(outputs).filter(({ op }) => op === "scan");
  return [...own, ...own.flatMap(({ body }) => scansOf(body!.outputs))];
}

function opsOf(scan: Tensor, op: string): Tensor[] {
  return topologicalOrder(scan.body!.outputs).filter((node) => node.op === op);
}

describe("the gradient of a scan", () => {
  const inputs = shapes.map((shape, i) => ops.input(`in.${i}`, shape));

  it("is that of the steps written out", () => {
    const [xs, h0, u, w] = inputs as [Tensor, Tensor, Tensor, Tensor];
    let h = h0;
    let total = ops.constant(0);
    for (let t = 0; t < 4; t++) {
      const x = ops.reshape(ops.slice(xs, 0, t, 1), [2, 3]);
      h = ops.tanh(ops.add(ops.matmul(x, u), ops.matmul(h, w)));
      total = ops.add(total, ops.reduceSum(ops.mul(h, h)));
    }
    const states = recurrent(xs, h0, u, w).outputs[0]!;
    const loss = ops.reduceSum(ops.mul(states, states));
    const graph = createGraph({ inputs, outputs: [...gradients(loss, inputs), ...gradients(total, inputs)] });
    const feeds = inputs.map(({ shape }, i) => [`in.${i}`, draws(shape, i)]);
    const { outputs } = runReference(graph, Object.fromEntries(feeds));
    // Sums of at most 8 rows in f64, rounded to f32 after 4 or 1 of them: a few times 2^-24 of values of about 1.
    inputs.forEach((_, i) => void expectClose(outputs[i]!, outputs[i + 4]!, { tolerance: 1e-6, label: `input ${i}` }));
  });

  it("computes no product of the forward steps again, and sums those of the weights after the loop", () => {
    const [xs, h0, u, w] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const loss = ops.reduceSum(recurrent(xs, h0, u, w).outputs[0]!);
    const { outputs } = createGraph({ inputs, outputs: [loss, ...gradients(loss, [u, w])] });
    const [forward, backward, ...more] = scansOf(outputs);
    expect(more).toEqual([]);
    // The states are outputs already, so nothing is stored beside them.
    expect([forward!.body!.outputs.length, opsOf(forward!, "matmul").length]).toEqual([2, 2]);
    // Backwards: the gradient of h alone, as that of the items is not asked for; one carry, so no running sum.
    expect([backward!.attributes.numCarries, opsOf(backward!, "matmul").length]).toEqual([1, 1]);
    const products = topologicalOrder(outputs).filter(({ op }) => op === "matmul");
    // xᵀ·dz and hᵀ·dz over 4 · 2 rows.
    expect(products.map(({ inputs: [a, b] }) => [a!.shape, b!.shape])).toEqual([
      [
        [8, 3],
        [8, 5],
      ],
      [
        [8, 5],
        [8, 5],
      ],
    ]);
  });

  it("stores nothing that follows by cheap ops from what is there", () => {
    // A leaky integrator: v' = v·decay + x, with a reset by subtraction.
    const [xs, v0] = [ops.input("xs", [5, 3]), ops.input("v0", [3])];
    const spiking = (x: Tensor, v: Tensor): ops.ScanResult =>
      ops.scan({
        carry: [v],
        sequences: [x],
        step([before], [now]) {
          const charged = ops.add(ops.mul(before!, ops.constant(0.5)), now!);
          return { carry: [ops.mul(charged, charged)], outputs: [ops.neg(charged)] };
        },
      });
    const loss = ops.reduceSum(spiking(xs, v0).carry[0]!);
    const { outputs } = createGraph({ inputs: [xs, v0], outputs: gradients(loss, [xs]) });
    expect(scansOf(outputs)[0]!.body!.outputs).toHaveLength(2);
    checkGradient({ shapes: [[5, 3], [3]], apply: (x, v) => spiking(x!, v!).carry[0]! });
  });

  it("adds up in the loop what has no sum after it, and sums rows after it", () => {
    const apply = (h: Tensor, scale: Tensor, shift: Tensor, w: Tensor): Tensor =>
      ops.scan({
        length: 3,
        carry: [h],
        constants: [scale, shift, w],
        step([before], _, [factor, bias, weights]) {
          // The weights are used twice, and once transposed.
          const mixed = ops.matmul(ops.matmul(before!, weights!), weights!, { transposeB: true });
          return { carry: [ops.sigmoid(ops.add(ops.mul(mixed, factor!), bias!))] };
        },
      }).carry[0]!;
    const tensors = [[2, 3], [2, 3], [3], [3, 3]].map((shape, i) => ops.input(`in.${i}`, shape));
    const loss = ops.reduceSum(apply(...(tensors as [Tensor, Tensor, Tensor, Tensor])));
    const { outputs } = createGraph({ inputs: tensors, outputs: gradients(loss, tensors) });
    const [, backward] = scansOf(outputs);
    // The cotangent of h and the sum for `scale`.
    expect(backward!.attributes.numCarries).toBe(2);
    expect(opsOf(backward!, "matmul").filter(({ attributes }) => attributes.transposeA)).toEqual([]);
    expect(opsOf(backward!, "reduceSum")).toEqual([]);
    checkGradient({ shapes: [[2, 3], [2, 3], [3], [3, 3]], apply: (h, a, b, w) => apply(h!, a!, b!, w!) });
  });

  it("joins the gates of a split again without padding", () => {
    const apply = (x: Tensor): Tensor => {
      const [a, b, c] = [0, 1, 2].map((part) => ops.slice(x, 1, 2 * part, 2)) as [Tensor, Tensor, Tensor];
      return ops.add(ops.mul(a, b), c);
    };
    const x = ops.input("x", [2, 6]);
    const names = topologicalOrder(gradients(ops.reduceSum(apply(x)), [x])).map(({ op }) => op);
    expect(names.filter((op) => op === "pad" || op === "add")).toEqual([]);
    checkGradient({ shapes: [[2, 6]], apply: (tensor) => apply(tensor!) });
    // Slices that overlap, or leave a gap, are still padded.
    checkGradient({
      shapes: [[2, 6]],
      apply: (tensor) =>
        ops.mul(ops.slice(tensor!, 1, 0, 3), ops.add(ops.slice(tensor!, 1, 2, 3), ops.slice(tensor!, 1, 3, 3))),
    });
  });

  it("goes through a scan within a scan, each run once", () => {
    const apply = (xs: Tensor, h: Tensor, w: Tensor): Tensor =>
      ops.scan({
        carry: [h],
        sequences: [xs],
        constants: [w],
        step([before], [x], [weights]) {
          const inner = ops.scan({
            length: 2,
            carry: [ops.add(before!, x!)],
            constants: [weights!],
            step: ([state], _, [own]) => ({ carry: [ops.tanh(ops.matmul(state!, own!))] }),
          });
          return { carry: [inner.carry[0]!] };
        },
      }).carry[0]!;
    const nested = [
      [3, 2, 4],
      [2, 4],
      [4, 4],
    ];
    const tensors = nested.map((shape, i) => ops.input(`in.${i}`, shape));
    const loss = ops.reduceSum(apply(...(tensors as [Tensor, Tensor, Tensor])));
    const { outputs } = createGraph({ inputs: tensors, outputs: [loss, ...gradients(loss, tensors)] });
    expect(scansOf(outputs)).toHaveLength(4);
    checkGradient({ shapes: nested, apply: (xs, h, w) => apply(xs!, h!, w!) });
  });

  it("shares one loop between two losses", () => {
    const [xs, h0, u, w] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const { carry, outputs } = ops.scan({
      carry: [h0],
      sequences: [xs],
      constants: [u, w],
      step([h], [x], [first, second]) {
        const z = ops.add(ops.matmul(x!, first!), ops.matmul(h!, second!));
        return { carry: [ops.tanh(z)], outputs: [ops.sigmoid(z)] };
      },
    });
    const losses = [ops.reduceSum(carry[0]!), ops.reduceSum(outputs[0]!)];
    const graph = createGraph({ inputs, outputs: losses.flatMap((loss) => [loss, ...gradients(loss, [w])]) });
    expect(scansOf(graph.outputs)).toHaveLength(3);
  });

  it("refuses a second gradient", () => {
    const [xs, h0, u, w] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const loss = ops.reduceSum(recurrent(xs, h0, u, w).outputs[0]!);
    const [first] = gradients(loss, [w]);
    expect(() => gradients(ops.reduceSum(first!), [w])).toThrow("scan has no second gradient yet");
  });
});

function draws(shape: Shape, seed: number): number[] {
  const rng = createRng("scan", seed);
  return Array.from({ length: numElements(shape) }, () => Math.fround(rng.nextFloat() - 0.5));
}
