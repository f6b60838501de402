import { asItIs, type ElementMap, permuteAxes, takeRows } from "./elementMap.ts";
import type { LayerToMap } from "./layerToMap.ts";
import type { TorchArray, TorchPart } from "./torchArray.ts";

/** Where each gate of PyTorch's stands among ours. */
const GATES: Readonly<Record<string, readonly number[]>> = {
  simpleRnn: [0],
  /** i, f, g, o there; i, f, o, g here. */
  lstm: [0, 1, 3, 2],
  /** r, z, n in both. */
  gru: [0, 1, 2],
};

/**
 * nn.RNN, nn.LSTM and nn.GRU with batch_first: weight_ih_l0 [gates · units, in], weight_hh_l0, bias_ih_l0, bias_hh_l0, and so
 * on for more layers, "_reverse" for the second direction. Both biases are one here, but for the n of a GRU. A layer that
 * only runs backward is one that runs forward there, over the reversed sequence.
 */
export function recurrentArrays({ document, path, arrays }: LayerToMap): TorchArray[] {
  const {
    kind,
    units,
    layers = 1,
    direction,
  } = document as unknown as {
    readonly kind: string;
    readonly units: number;
    readonly layers?: number;
    readonly direction?: string;
  };
  const order = GATES[kind]!;
  const runs = direction === "both" ? ["forward", "backward"] : [""];
  return Array.from({ length: layers }, (_, level) => runs.flatMap((run) => arraysOfRun(level, run))).flat();

  function arraysOfRun(level: number, run: string): TorchArray[] {
    const prefix = `${layers > 1 ? `layers.${level}.` : ""}${run && `${run}.`}`;
    const suffix = `_l${level}${run === "backward" ? "_reverse" : ""}`;
    /** The gates of the last axis become the first, in PyTorch's order. */
    const gated = (array: string): ElementMap => {
      const map = asItIs(arrays.get(prefix + array)!);
      const turned = map.shape.length === 2 ? permuteAxes(map, [1, 0]) : map;
      const rows = order.flatMap((gate) => Array.from({ length: units }, (_, i) => gate * units + i));
      return takeRows(turned, rows);
    };
    const whole = (name: string, array: string): TorchArray => {
      const map = gated(array);
      return { name: `${path}.${name}${suffix}`, shape: map.shape, parts: [{ own: `${path}.${prefix}${array}`, map }] };
    };
    const hasOwnBias = arrays.has(`${prefix}bh`);
    const shared = hasOwnBias ? 2 * units : order.length * units;
    const bias = gated("b");
    const second: TorchPart[] = [
      {
        own: `${path}.${prefix}b`,
        map: { shape: [shared], elements: bias.elements.slice(0, shared) },
        isAdded: true,
      },
      ...(hasOwnBias ? [{ own: `${path}.${prefix}bh`, map: asItIs([units]) }] : []),
    ];
    return [
      whole("weight_ih", "wx"),
      whole("weight_hh", "wh"),
      whole("bias_ih", "b"),
      { name: `${path}.bias_hh${suffix}`, shape: bias.shape, parts: second },
    ];
  }
}
