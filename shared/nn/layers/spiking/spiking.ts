import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import type { JsonValue } from "../../../base/canonicalJson.ts";
import { literal, mul, reduceSum, reshape } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { applyNested, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";
import { encodeSpikes, type SpikeEncoding } from "./encodeSpikes.ts";

export const SPIKE_READOUTS = ["spikeCount", "membrane"] as const;

export interface SpikingOptions {
  /** For which each example is presented. */
  readonly steps: number;
  /** How an input becomes one over time (`encodeSpikes`); "direct" when absent. */
  readonly encoding?: SpikeEncoding;
  /** "spikeCount" (default) adds the outputs of all steps up; "membrane" takes them for currents of readout neurons. */
  readonly readout?: (typeof SPIKE_READOUTS)[number];
  /** Of the readout neurons' potential, 0 .. 1; 0.9 when absent. */
  readonly readoutDecay?: number;
  /** `leakyIntegrateAndFire` and layers without a memory of time. */
  readonly layers: readonly Layer[];
}

/**
 * A spiking network: presents each example for some time steps, runs its layers over them, and reads one result out.
 * Time is folded into the batch: each layer sees [steps · batch, ...] at once and only neurons step through time. As no layer
 * feeds back, that is what going through all layers step by step gives, with few large products in place of many small ones.
 * What precedes the first neurons sees the same constant values at each step of a direct encoding; it runs once.
 * Readout: "spikeCount" is the sum over the steps, [batch, ...]; "membrane" the mean over the steps of the potential
 * u[t] = readoutDecay · u[t-1] + output[t] of neurons that never fire; put a linear layer last for it.
 * Shapes: x [batch, ...] -> [batch, ...] of the last layer.
 * Source: Neftci, Mostafa and Zenke 2019, arXiv:1901.09948; direct encoding: Rueckauer et al. 2017.
 * @throws RangeError if a number lies outside its range.
 */
export function spiking(options: SpikingOptions): Layer {
  const { steps, encoding = "direct", readout = "spikeCount", readoutDecay = 0.9, layers } = options;
  assertPositiveInteger("steps", steps);
  assertFinite("readoutDecay", readoutDecay, 0, 1);
  const documents = composeDocuments(layers);
  const shares = readout === "membrane" ? membraneShares(steps, readoutDecay) : Array<number>(steps).fill(1);
  return {
    name: `spiking(${steps}, ${encoding})`,
    ...(documents && { document: { kind: "spiking", ...options, layers: documents } }),
    init: composeInit(layers, "layers"),
    apply(params, x, ctx) {
      const batch = x.shape[0];
      if (batch === undefined || x.shape.length < 2) {
        throw new RangeError(`spiking expected x [batch, ...features], got ${shapeText(x.shape)}`);
      }
      const inTime = { ...ctx, spikingSteps: steps };
      const unfold = (value: Tensor): Tensor => encodeSpikes(encoding, value, steps, ctx);
      const firstInTime = encoding === "direct" ? layers.findIndex(holdsNeurons) : 0;
      let value = x;
      for (const [i, layer] of layers.entries()) {
        if (i === firstInTime) value = unfold(value);
        const isInTime = firstInTime >= 0 && i >= firstInTime;
        value = applyNested(layer, `layers.${i}`, params, value, isInTime ? inTime : ctx);
      }
      if (firstInTime < 0) value = unfold(value);
      const [, ...features] = value.shape;
      const overTime = reshape(value, [steps, batch, ...features]);
      const share = literal(shares, [steps, ...overTime.shape.slice(1).map(() => 1)]);
      return reduceSum(readout === "membrane" ? mul(overTime, share) : overTime, [0]);
    },
  };
}

/**
 * What one unit of current at each step adds to the mean potential: it is still felt, ever less, in all steps that follow.
 * share[t] = (1 + decay + ... + decay^(steps - 1 - t)) / steps
 */
function membraneShares(steps: number, decay: number): number[] {
  const shares: number[] = [];
  let felt = 0;
  for (let left = 0; left < steps; left++) {
    felt = felt * decay + 1;
    shares.unshift(felt / steps);
  }
  return shares;
}

/** Whether a layer is or holds neurons; one that cannot be read may. */
function holdsNeurons({ document }: Layer): boolean {
  const holds = (value: JsonValue | undefined): boolean => {
    if (typeof value !== "object" || value === null) return false;
    return ("kind" in value && value.kind === "leakyIntegrateAndFire") || Object.values(value).some(holds);
  };
  return document === undefined || holds(document as JsonValue);
}
