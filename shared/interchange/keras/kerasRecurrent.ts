import type { ConvertedLayer, ConvertLayer } from "./convertedLayer.ts";
import type { KerasLayer } from "./kerasLayer.ts";

interface Cell {
  readonly kind: string;
  /** Which of Keras's gates stands at each place of ours. */
  readonly gates: readonly number[];
}

const CELLS: Readonly<Record<string, Cell>> = {
  SimpleRNN: { kind: "simpleRnn", gates: [0] },
  /** i, f, c, o there; i, f, o, g here. */
  LSTM: { kind: "lstm", gates: [0, 1, 3, 2] },
  /** z, r, h there; r, z, n here. */
  GRU: { kind: "gru", gates: [1, 0, 2] },
};

/** Recurrent layers. What they drop while training is not taken over. */
export const recurrentLayers: Readonly<Record<string, ConvertLayer>> = {
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  Bidirectional(layer) {
    layer.only("merge_mode", "concat");
    const forward = layer.inner(layer.raw("layer"), "forward_");
    const backward = layer.inner(layer.raw("layer"), "backward_");
    if (!Object.hasOwn(CELLS, forward.kind))
      layer.fail(`expected ${Object.keys(CELLS).join(", ")}, got a ${forward.kind}`);
    forward.only("go_backwards", false);
    const arrays = [
      ...Object.entries(arraysOf(forward)).map(([name, values]) => [`forward.${name}`, values] as const),
      ...Object.entries(arraysOf(backward)).map(([name, values]) => [`backward.${name}`, values] as const),
    ];
    return [{ document: { ...documentOf(forward), direction: "both" }, arrays: Object.fromEntries(arrays) }];
  },
};

function recurrent(layer: KerasLayer): ConvertedLayer[] {
  const isBackward = layer.flag("go_backwards", false);
  if (isBackward && layer.flag("return_sequences", false)) {
    layer.fail('"go_backwards" with "return_sequences" gives the steps in reversed order, which no layer here does');
  }
  const direction = isBackward ? "backward" : "forward";
  return [{ document: { ...documentOf(layer), direction }, arrays: arraysOf(layer) }];
}

function documentOf(layer: KerasLayer) {
  if (layer.shape.length !== 2) layer.fail(`expected an input [time, features], got [${layer.shape}]`);
  layer.only("activation", "tanh");
  layer.only("recurrent_activation", "sigmoid");
  layer.only("stateful", false);
  layer.only("return_state", false);
  if (layer.kind === "GRU" && !layer.flag("reset_after", true)) {
    layer.fail('"reset_after" expected true: here the reset gate is applied after the product, as in cuDNN');
  }
  const output = layer.flag("return_sequences", false) ? "sequence" : "last";
  return { kind: CELLS[layer.kind]!.kind, inFeatures: layer.shape[1]!, units: layer.size("units"), output };
}

/** wx, wh, b, and bh for a GRU. */
function arraysOf(layer: KerasLayer): Record<string, Float32Array> {
  const { kind, gates } = CELLS[layer.kind]!;
  const units = layer.size("units");
  const columns = gates.length * units;
  const hasBias = layer.flag("use_bias", true);
  const reordered = (values: Float32Array): Float32Array => {
    return Float32Array.from(values, (_, i) => {
      const column = i % columns;
      const unit = column % units;
      return values[i - column + gates[(column - unit) / units]! * units + unit]!;
    });
  };
  const arrays: Record<string, Float32Array> = {
    wx: reordered(layer.weight("kernel", [layer.shape[1]!, columns])),
    wh: reordered(layer.weight("recurrent_kernel", [units, columns])),
  };
  if (kind !== "gru") {
    return { ...arrays, b: hasBias ? reordered(layer.weight("bias", [columns])) : new Float32Array(columns) };
  }
  // Two biases, of the input's and the state's product; here they are one but for n.
  const both = hasBias ? reordered(layer.weight("bias", [2, columns])) : new Float32Array(2 * columns);
  const b = both.slice(0, columns).map((value, i) => (i < 2 * units ? value + both[columns + i]! : value));
  return { ...arrays, b, bh: both.slice(columns + 2 * units) };
}
