import { input } from "../../../shared/graph/ops.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { leakyIntegrateAndFire } from "../../../shared/nn/layers/spiking/leakyIntegrateAndFire.ts";
import { spiking } from "../../../shared/nn/layers/spiking/spiking.ts";
import type { LayerCase } from "../../contract/layer.ts";

export const spikingCases: readonly LayerCase[] = [
  {
    layer: leakyIntegrateAndFire({
      decay: 0.5,
      threshold: 2,
      reset: "zero",
      surrogate: { kind: "triangle", slope: 2 },
    }),
    x: [6, 4],
    y: [6, 4],
    bad: input("x", [5, 4]),
    ctx: { ...evaluateContext, spikingSteps: 3 },
    noGradient: true, // a surrogate is not the derivative of the step; test/shared/graph holds it to its formula
  },
  {
    layer: spiking({ steps: 3, encoding: "latency", layers: [linear(2, 4), leakyIntegrateAndFire({ decay: 0.75 })] }),
    x: [2, 2],
    y: [2, 4],
    bad: input("x", [4]),
    noGradient: true,
  },
  // Without neurons a direct encoding is smooth: its gradient is that of finite differences.
  { layer: spiking({ steps: 3, layers: [linear(2, 3)] }), x: [2, 2], y: [2, 3], bad: input("x", [2, 3]) },
  {
    layer: spiking({ steps: 4, readout: "membrane", readoutDecay: 0.5, layers: [linear(2, 3), relu()] }),
    x: [2, 2],
    y: [2, 3],
  },
];
