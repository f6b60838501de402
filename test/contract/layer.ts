import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/base/rng.ts";
import { runReference } from "../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../shared/graph/createGraph.ts";
import { input } from "../../shared/graph/ops.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../shared/graph/tensor.ts";
import { type ApplyContext, evaluateContext } from "../../shared/nn/applyContext.ts";
import type { Layer } from "../../shared/nn/layer.ts";
import { layerFromDocument } from "../../shared/nn/layerFromDocument.ts";
import { expectClose } from "../support/expectClose.ts";
import { checkGradient, type GradientCheck } from "../support/gradientCheck.ts";
import { runEngine } from "../support/runEngine.ts";

/** The contract of every layer; `bad` is an input that it must refuse, where there is one. */
export interface LayerCase {
  readonly layer: Layer;
  readonly x: Shape;
  readonly y: Shape;
  readonly bad?: Tensor;
  /** Inputs and params are drawn uniformly from here; [0.1, 1] when absent, which keeps off the kink of relu. */
  readonly range?: readonly [number, number];
  /** The context to trace in; that of evaluation when absent. */
  readonly ctx?: ApplyContext;
  /** Given when x holds i32 ids: their values. Only the params are differentiated then. */
  readonly ids?: readonly number[];
  /** Inputs that `ctx` refers to (a mask, an adjacency), and their values by name. */
  readonly extraInputs?: readonly Tensor[];
  readonly feeds?: GradientCheck["feeds"];
  /** Whether neither input nor params carry a gradient (spikes, token ids without an embedding). */
  readonly noGradient?: true;
}

/** The output of a layer for its arrays in the order of `init`. */
export function applyLayer(layer: Layer, params: readonly Tensor[], x: Tensor, ctx: ApplyContext): Tensor {
  const named = Object.fromEntries(Object.keys(layer.init).map((name, i) => [name, params[i]!]));
  return layer.apply(named, x, ctx);
}

/** What every layer promises: a right gradient, the same on both engines, the stated shape, a refusal of what does not fit, a document. */
export function layerContract(layerCase: LayerCase): void {
  const { layer, x, y, bad, range = [0.1, 1], ctx = evaluateContext, ids, extraInputs = [], feeds = {} } = layerCase;
  const shapes = Object.values(layer.init).map(({ shape }) => shape);

  describe(layer.name, () => {
    if (!layerCase.noGradient) {
      it("has the gradient of finite differences, for its input and its params", () => {
        if (ids) {
          const tokens = input("ids", x, "i32");
          checkGradient({
            shapes,
            range,
            extraInputs: [tokens, ...extraInputs],
            feeds: { ...feeds, ids },
            apply: (...params) => applyLayer(layer, params, tokens, ctx),
          });
          return;
        }
        checkGradient({
          shapes: [x, ...shapes],
          range,
          extraInputs,
          feeds,
          apply: (first, ...params) => applyLayer(layer, params, first!, ctx),
        });
      });
    }

    if (layerCase.noGradient) {
      it("gives the twin's values on the engine", () => {
        const rng = createRng("layer values", layer.name);
        const inputs = [input("x", x), ...shapes.map((shape, i) => input(`p${i}`, shape))] as const;
        const [first, ...params] = inputs;
        const graph = createGraph({ inputs, outputs: [applyLayer(layer, params, first, ctx)] });
        const values = inputs.map(({ attributes, shape }) => [
          attributes.name,
          Array.from({ length: numElements(shape) }, () =>
            Math.fround(range[0] + (range[1] - range[0]) * rng.nextFloat()),
          ),
        ]);
        const [expected, actual] = [runReference, runEngine].map(
          (run) => run(graph, Object.fromEntries(values)).outputs[0]!,
        );
        expectClose(actual!, expected!, { tolerance: 1e-5 });
      });
    }

    it("gives the stated shape, and refuses what does not fit", () => {
      const params = shapes.map((shape, i) => input(`p${i}`, shape));
      expect(applyLayer(layer, params, input("x", x, ids ? "i32" : "f32"), ctx).shape).toEqual(y);
      if (bad) expect(() => applyLayer(layer, params, bad, ctx)).toThrow(/expected/);
    });

    it("comes back from its document", () => {
      const again = layerFromDocument(layer.document!);
      expect([again.name, again.document]).toEqual([layer.name, layer.document]);
      expect(Object.keys(again.init)).toEqual(Object.keys(layer.init));
      for (const [name, begins] of Object.entries(layer.init)) {
        const { shape, kind, scope } = again.init[name]!;
        expect({ shape, kind, scope }).toEqual({ shape: begins.shape, kind: begins.kind, scope: begins.scope });
        const length = shape.reduce((product, size) => product * size, 1);
        const [first, second] = [new Float32Array(length), new Float32Array(length)];
        begins.fill(first, createRng(1));
        again.init[name]!.fill(second, createRng(1));
        expect(second).toEqual(first);
      }
    });
  });
}
