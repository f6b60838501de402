import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { runReference } from "../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../shared/graph/createGraph.ts";
import { gradients } from "../../shared/graph/gradients/gradients.ts";
import { input, mul, reduceSum } from "../../shared/graph/ops.ts";
import type { Tensor, Update } from "../../shared/graph/tensor.ts";
import type { ApplyContext } from "../../shared/nn/applyContext.ts";
import type { LayerDocument } from "../../shared/nn/layer.ts";
import { layerDocumentSchema } from "../../shared/nn/layerDocument.ts";
import { layerFromDocument } from "../../shared/nn/layerFromDocument.ts";
import { type NamedArray, parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import { expectClose } from "../support/expectClose.ts";
import { runEngine } from "../support/runEngine.ts";
import { readTorchMetadata } from "../support/torchFixture.ts";

interface TorchCase {
  readonly case: string;
  readonly document: LayerDocument;
  readonly mode: ApplyContext["mode"];
  /** Whether x holds i32 ids. */
  readonly ids: boolean;
}

export interface TorchCasesOptions {
  /** Relative, and absolute below 1: 1e-5 when absent. */
  readonly tolerance?: number;
  /** More of the context from the case's feeds, as inputs of the graph ("mask" is always passed on). */
  readonly context?: (feeds: Readonly<Record<string, Tensor>>) => Partial<ApplyContext>;
  /** Feeds of i32. */
  readonly integers?: readonly string[];
}

/**
 * Holds the layers of a fixture, on both engines, to PyTorch: output, gradients of input and params, new statistics. The
 * fixture holds float64 results rounded to f32; the reference engine rounds to f32 after each op, the other one also within
 * sums, 6e-8 relative, so that 1e-5 leaves room for about a hundred roundings of the largest term.
 */
export function torchCases(name: string, options: TorchCasesOptions = {}): void {
  const { tolerance = 1e-5, context = () => ({}), integers = [] } = options;
  const bytes = readFileSync(new URL(`../fixtures/torch/${name}.safetensors`, import.meta.url));
  const { torch, cases } = readTorchMetadata<TorchCase>(name);
  const arrays = parseSafetensors(bytes, { maxBytes: 2 ** 20 });

  function arraysOf(one: string, group: string): ReadonlyMap<string, NamedArray> {
    const prefix = `${one}.${group}.`;
    const own = [...arrays].filter(([key]) => key.startsWith(prefix));
    return new Map(own.map(([key, array]) => [key.slice(prefix.length), array]));
  }

  function check(label: string, actual: ArrayLike<number>, { values }: NamedArray): void {
    expectClose(actual, values, { tolerance, label });
  }

  describe(`${name} as PyTorch ${torch}`, () => {
    it.each(cases)("$case $document", ({ case: one, document, mode, ids }) => {
      const layer = layerFromDocument(v.parse(layerDocumentSchema, document));
      const array = (key: string): NamedArray => arrays.get(`${one}.${key}`)!;
      const paramArrays = arraysOf(one, "param");
      expect(Object.keys(layer.init)).toEqual(expect.arrayContaining([...paramArrays.keys()]));
      const params: Record<string, Tensor> = {};
      for (const [key, { shape, kind }] of Object.entries(layer.init)) {
        expect(paramArrays.get(key)?.shape, `${key} (${kind})`).toEqual(shape);
        params[key] = input(`param.${key}`, shape);
      }
      const feedArrays = arraysOf(one, "feed");
      const feeds = Object.fromEntries(
        [...feedArrays].map(([key, { shape }]) => [
          key,
          input(`feed.${key}`, shape, integers.includes(key) ? "i32" : "f32"),
        ]),
      );
      const updates: Update[] = [];
      let numDraws = 0;
      const ctx: ApplyContext = {
        mode,
        random(shape) {
          const draw = feeds[`draw${numDraws++}`];
          if (!draw) throw new TypeError("a case with random values needs a feed draw<i> for each");
          expect(draw.shape).toEqual(shape);
          return draw;
        },
        updateStatistic: (target, value) => void updates.push({ target, value }),
        ...(feeds.mask && { mask: feeds.mask }),
        ...context(feeds),
      };
      const x = input("x", array("x").shape, ids ? "i32" : "f32");
      const y = layer.apply(params, x, ctx);
      expect(y.shape).toEqual(array("y").shape);
      const dy = input("dy", y.shape);
      const wanted = [...(ids ? [] : [x]), ...Object.values(params)];
      const graph = createGraph({
        inputs: [x, dy, ...Object.values(params), ...Object.values(feeds)],
        outputs: [y, ...gradients(reduceSum(mul(y, dy)), wanted)],
        updates,
      });
      const values: Record<string, Float32Array> = { x: array("x").values, dy: array("dy").values };
      for (const [key, { values: own }] of paramArrays) values[`param.${key}`] = own;
      for (const [key, { values: own }] of feedArrays) values[`feed.${key}`] = own;
      for (const run of [runReference, runEngine]) {
        const { outputs, updates: updated } = run(graph, values);
        check(`${run.name} y`, outputs[0]!, array("y"));
        if (!ids) check(`${run.name} dx`, outputs[1]!, array("dx"));
        Object.entries(layer.init).forEach(([key, { kind }], i) => {
          if (kind === "statistic") return;
          check(`${run.name} grad ${key}`, outputs[i + (ids ? 1 : 2)]!, array(`grad.${key}`));
        });
        const expected = arraysOf(one, "update");
        expect(updates.map(({ target }) => target.attributes.name)).toEqual(
          [...expected.keys()].map((key) => `param.${key}`),
        );
        [...expected].forEach(
          ([key, wantedArray], i) => void check(`${run.name} update ${key}`, updated[i]!, wantedArray),
        );
      }
    });
  });
}
