import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { PRIMITIVE_OPS } from "../../../shared/graph/opset.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { SubGraph } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { exportOnnx } from "../../../shared/interchange/onnx/exportOnnx.ts";
import { translateOps } from "../../../shared/interchange/onnx/translateOps.ts";
import type { Model } from "../../../shared/models/model.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { buildForwardGraph } from "../../../shared/models/trainingGraph.ts";
import { expectClose } from "../../support/expectClose.ts";
import { type DecodedGraph, decodeOnnx } from "../../support/onnx/decodeOnnx.ts";
import { runOnnx } from "../../support/onnx/runOnnx.ts";

interface Fixture {
  readonly name: string;
  readonly model: Model;
  /** The inputs are whole numbers below. */
  readonly ids?: number;
  readonly rows?: readonly (readonly number[])[];
}

type Entry = Omit<Fixture, "model"> & { readonly input: object; readonly layers: unknown; readonly loss?: string };

// Models that hold every kind of layer and every op. `bench/interchange/onnx.mjs` runs the same ones with ONNX Runtime.
const entries: readonly Entry[] = JSON.parse(
  readFileSync(new URL("../../fixtures/onnx/models.json", import.meta.url), "utf8"),
);
const fixtures = entries.map(({ input, layers, loss = "meanSquaredError", ...given }): Fixture => {
  const document = { format: "headwater-model/1", opset: 1, name: given.name, layers, loss };
  return {
    ...given,
    model: modelFromDocument(parseModelDocument({ ...document, input: { scale: 1, offset: 0, ...input } })),
  };
});

function dense(): Fixture {
  return fixtures.find(({ name }) => name === "dense")!;
}

/** Params away from the zeros and ones that statistics and biases begin with. */
function paramsOf({ name, model }: Fixture): Float32Array {
  const rng = createRng("onnx", name);
  return model.init(rng).map((value) => value + 0.2 * (rng.nextFloat() - 0.3));
}

function inputsOf({ name, model, ids, rows }: Fixture, batch: number): Float32Array {
  if (rows) return Float32Array.from(rows.flat());
  const rng = createRng("onnx inputs", name);
  const length = batch * numElements(model.document.input.shape);
  const value = (): number => (ids === undefined ? 2 * rng.nextFloat() - 1 : rng.nextBelow(ids));
  return Float32Array.from({ length }, value);
}

/** What our own reference engine says. */
function expected({ model }: Fixture, params: Float32Array, raw: Float32Array, batch: number): ArrayLike<number> {
  const { scale, offset } = model.document.input;
  const feeds: Record<string, ArrayLike<number>> = { x: raw.map((value) => Math.fround(value * scale) + offset) };
  for (const entry of model.spec.entries) {
    feeds[`params.${entry.name}`] = params.subarray(entry.offset, entry.offset + entry.length);
  }
  return runReference(buildForwardGraph(model, batch), feeds).outputs[0]!;
}

describe("exportOnnx", () => {
  it.each(fixtures)("says what the model computes: $name", (fixture) => {
    const { model, rows } = fixture;
    const params = paramsOf(fixture);
    for (const batch of rows ? [rows.length] : [1, 4]) {
      const raw = inputsOf(fixture, batch);
      const wanted = expected(fixture, params, raw, batch);
      const exports = [{ batchSize: batch }, ...(rows ? [] : [{}])];
      for (const options of exports) {
        const { graph } = decodeOnnx(exportOnnx(model, params, options));
        const [output] = runOnnx(graph, [{ shape: [batch, ...model.document.input.shape], values: [...raw] }]);
        expect(output!.shape).toEqual([batch, ...model.outputShape]);
        // The reference rounds to f32 after each op, 6e-8; a hundred of them in a row, and cancellation, leave 1e-5.
        expectClose(output!.values, wanted, { tolerance: 1e-5 });
      }
    }
  });

  it("is tried on every op that a forward graph may hold", () => {
    const used = new Set<string>();
    const collect = ({ outputs }: SubGraph): void => {
      for (const { op, body } of topologicalOrder(outputs)) {
        used.add(op);
        if (body) collect(body);
      }
    };
    for (const { model, rows } of fixtures) collect(buildForwardGraph(model, rows?.length ?? 2));
    expect(Object.keys(translateOps).filter((op) => !used.has(op))).toEqual([]);
    expect(Object.keys(translateOps).filter((op) => !(PRIMITIVE_OPS as readonly string[]).includes(op))).toEqual([]);
  });

  it("defines each name once, before it is used, bodies of loops included", () => {
    for (const fixture of fixtures) {
      const { graph } = decodeOnnx(exportOnnx(fixture.model, paramsOf(fixture), { batchSize: 2 }));
      const names = new Set<string>();
      const define = (name: string): void => {
        expect(names.has(name), `${fixture.name}: ${name}`).toBe(false);
        names.add(name);
      };
      const walk = ({ nodes, initializers, inputs, outputs }: DecodedGraph): void => {
        for (const name of [...initializers.keys(), ...inputs.map((value) => value.name)]) define(name);
        for (const node of nodes) {
          for (const name of node.inputs) expect(names, fixture.name).toContain(name);
          for (const value of node.attributes.values()) if (typeof value === "object" && "nodes" in value) walk(value);
          for (const name of node.outputs) define(name);
        }
        for (const { name } of outputs) expect(names).toContain(name);
      };
      walk(graph);
    }
  });

  it("states its versions, its arrays by their names, its shapes and its document", () => {
    const { model } = dense();
    const params = paramsOf(dense());
    const file = decodeOnnx(exportOnnx(model, params));
    expect([file.irVersion, file.opset]).toEqual([8, 18]);
    expect(JSON.parse(file.metadata.get("headwater.model")!)).toEqual(model.document);
    expect(file.graph.inputs).toEqual([{ name: "input", type: 1, shape: ["batch", 6] }]);
    expect(file.graph.outputs).toEqual([{ name: "output", type: 1, shape: ["batch", 8] }]);
    for (const { name, shape, offset, length } of model.spec.entries) {
      const array = file.graph.initializers.get(name)!;
      expect(array.shape).toEqual(shape);
      expect(Float32Array.from(array.values)).toEqual(params.slice(offset, offset + length));
    }
    const fixed = decodeOnnx(exportOnnx(model, params, { batchSize: 7 }));
    expect(fixed.graph.inputs[0]!.shape).toEqual([7, 6]);
  });

  it("asks for a batch size where a model is another one at each", () => {
    const { model } = fixtures.find(({ name }) => name === "sparse graph")!;
    const params = model.init(createRng(1));
    expect(() => exportOnnx(model, params)).toThrow(/"values" of its "literal" \[3, 1\] is not; give a "batchSize"/);
  });

  it("refuses params of another length and batch sizes below one", () => {
    const { model } = dense();
    expect(() => exportOnnx(model, new Float32Array(3))).toThrow('"params" expected');
    expect(() => exportOnnx(model, paramsOf(dense()), { batchSize: 0 })).toThrow('"batchSize"');
  });
});
