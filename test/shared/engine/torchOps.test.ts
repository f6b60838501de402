import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { PRIMITIVE_OPS } from "../../../shared/graph/opset.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { expectClose } from "../../support/expectClose.ts";
import { runEngine } from "../../support/runEngine.ts";
import { readTorchMetadata } from "../../support/torchFixture.ts";
import { type TorchOptions, torchOps } from "./torchOps.ts";

interface TorchCase {
  readonly op: string;
  readonly options?: TorchOptions;
  /** Which inputs are i32. */
  readonly integers?: readonly number[];
  readonly valuesOnly?: true;
}

/** The fixture holds float64 results rounded to f32; the longest sum has 45 terms of order 1, each rounded by 2^-24. */
const TOLERANCE = 1e-5;

/** Primitives whose values PyTorch does not give. */
const withoutCase: Readonly<Record<string, string>> = {
  random: "PyTorch counts Philox in another order; philox.test.ts has the published vectors",
  advanceRandom: "counts the steps of random",
};

const covered = new Set<string>();

describe.each(["opsElementwise", "opsShaping", "opsProducts"])("%s", (fixture) => {
  const bytes = readFileSync(new URL(`../../fixtures/torch/${fixture}.safetensors`, import.meta.url));
  const arrays = parseSafetensors(bytes, { maxBytes: 2 ** 20 });
  const { torch, cases } = readTorchMetadata<TorchCase>(fixture);

  it.each(cases.map((one, number) => ({ ...one, number })))(`as PyTorch ${torch}: $number $op $options`, ({
    op,
    options = {},
    integers = [],
    valuesOnly = false,
    number,
  }) => {
    const arrayOf = (name: string) => arrays.get(`${number}.${name}`);
    const feeds: Record<string, Float32Array> = {};
    const inputs: Tensor[] = [];
    for (let i = 0; arrayOf(`in${i}`); i++) {
      const { shape, values } = arrayOf(`in${i}`)!;
      feeds[`in${i}`] = values;
      inputs.push(ops.input(`in${i}`, shape, integers.includes(i) ? "i32" : "f32"));
    }
    const built = torchOps[op]!(inputs, options);
    const outputs = Array.isArray(built) ? (built as readonly Tensor[]) : [built as Tensor];
    for (const node of topologicalOrder(outputs)) covered.add(node.op);
    outputs.forEach(({ shape }, i) => void expect(shape, `output ${i}`).toEqual(arrayOf(`out${i}`)!.shape));
    const given = valuesOnly ? [] : outputs.map(({ shape }, i) => ops.input(`dout${i}`, shape));
    given.forEach((_, i) => {
      feeds[`dout${i}`] = arrayOf(`dout${i}`)!.values;
    });
    const floats = inputs.filter(({ dtype }) => dtype === "f32");
    const weighted = given.map((dout, i) => ops.reduceSum(ops.mul(outputs[i]!, dout)));
    const grads = valuesOnly ? [] : gradients(weighted.reduce(ops.add), floats);
    const graph = createGraph({ inputs: [...inputs, ...given], outputs: [...outputs, ...grads] });
    for (const run of [runReference, runEngine]) {
      run(graph, feeds).outputs.forEach((actual, i) => {
        const input = floats[i - outputs.length]?.attributes.name;
        const name = input === undefined ? `out${i}` : `d${input}`;
        const expected = arrayOf(name)!.values;
        expectClose(actual, expected, { tolerance: TOLERANCE, label: `${run.name} ${op} ${name}` });
      });
    }
  });
});

it("the op fixtures hold every primitive op that PyTorch has", () => {
  expect(PRIMITIVE_OPS.filter((op) => !covered.has(op))).toEqual(Object.keys(withoutCase));
});
