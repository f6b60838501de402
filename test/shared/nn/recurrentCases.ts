import { input } from "../../../shared/graph/ops.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { gru } from "../../../shared/nn/layers/recurrent/gru.ts";
import { lstm } from "../../../shared/nn/layers/recurrent/lstm.ts";
import { simpleRnn } from "../../../shared/nn/layers/recurrent/simpleRnn.ts";
import type { LayerCase } from "../../contract/layer.ts";

export const mask = input("mask", [2, 3]);
export const masked = {
  ctx: { ...evaluateContext, mask },
  extraInputs: [mask],
  feeds: { mask: [1, 1, 0, 0, 1, 1] },
};
const bad = input("x", [2, 3, 3]);
export const recurrentCases: readonly LayerCase[] = [simpleRnn, lstm, gru].flatMap((build) => [
  { layer: build(2, 3), x: [2, 3, 2], y: [2, 3, 3], bad },
  { layer: build(2, 2, { output: "last", direction: "backward" }), x: [2, 3, 2], y: [2, 2], bad },
  { layer: build(2, 2, { direction: "both", layers: 2 }), x: [2, 3, 2], y: [2, 3, 4], bad, ...masked },
  { layer: build(2, 2, { output: "last", direction: "both" }), x: [2, 3, 2], y: [2, 4], bad: mask, ...masked },
]);
